"""The programs that run inside the sandbox. Standard library, pytest and each other only; the host never calls them."""
