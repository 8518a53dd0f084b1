"""Everything that speaks RabbitMQ."""
