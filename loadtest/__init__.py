"""Load tests: what is sent (`workload`), where it runs (`drivers`), what is measured, against whom (`peers`)."""
