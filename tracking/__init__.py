"""What is true about a shipment: carriers in, the fold, storage, the web."""
