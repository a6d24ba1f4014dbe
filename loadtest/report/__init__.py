"""What comes out: the JSON, the tables and the pictures."""
