"""Where a conversation takes place, behind `ports.Channel`: they translate and carry, they do not decide."""
