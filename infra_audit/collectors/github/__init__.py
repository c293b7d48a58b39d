"""What GitHub tells of a repository besides its content: how it is protected, watched, reviewed and delivered."""
