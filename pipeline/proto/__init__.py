"""Generated protobuf code: profile_pb2.py comes from profile.proto (`doit proto`)."""
