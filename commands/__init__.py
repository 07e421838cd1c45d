"""The commands of `afterclick`, one file a group; each builds the parts it needs and hands them to the steps."""
