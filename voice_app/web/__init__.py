"""The pages of the kiosk and their websocket: everything that knows HTTP."""
