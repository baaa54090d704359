"""The log on Apache Kafka, or on the embedded broker that speaks its protocol."""
