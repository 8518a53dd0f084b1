"""What a call to RabbitMQ may fail with, through aio-pika or below it."""

import asyncio

import aio_pika
import aiormq

FAILURES = (
    OSError,
    TimeoutError,
    RuntimeError,  # a channel that is being reopened
    asyncio.InvalidStateError,
    aiormq.exceptions.AMQPError,
    aio_pika.exceptions.AMQPException,
)
