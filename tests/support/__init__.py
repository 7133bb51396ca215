"""What the functional tests share: wheels made on the spot, a loopback index, a project to run."""
