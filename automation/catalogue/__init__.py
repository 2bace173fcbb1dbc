"""The known contact fields, events, properties and coupon batches, and how their values are read."""
