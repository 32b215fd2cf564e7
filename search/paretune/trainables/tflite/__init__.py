"""The deployed file: quantized, checked and scored without a framework."""
