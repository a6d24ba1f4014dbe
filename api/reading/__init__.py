"""What is read from PostgreSQL, one question a module; answers are the bytes of JSON."""
