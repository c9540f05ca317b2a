"""The benchmark: what a turn, a list, a document and a start cost, beside a raw relay measured in the same run."""
