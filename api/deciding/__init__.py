"""What people decide: triage, suppressions, and the outbox between the database and Kafka."""
