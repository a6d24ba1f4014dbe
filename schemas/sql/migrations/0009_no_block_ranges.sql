-- Summaries of block ranges cost each row a look and answered no question: a day is a partition, the keys begin with the
-- time, and risk lies anywhere in a day. Waits for batches that are being stored, and they for it, for a moment.

DROP INDEX events_time_brin;
DROP INDEX events_risk_brin;
DROP INDEX threats_time_brin;
DROP INDEX threats_risk_brin;
