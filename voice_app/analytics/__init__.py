"""Answers as Parquet files, by day: written from the log of events, asked with DuckDB, calibrated part by part."""
