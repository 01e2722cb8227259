"""The workplace: what people see first, and what runs by itself. The only room that knows all three apps."""
