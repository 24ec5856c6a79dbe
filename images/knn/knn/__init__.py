"""SageMaker's k nearest neighbours on Faiss, the library that its own container uses too."""
