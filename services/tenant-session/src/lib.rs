//! A verified ID token in, tenant-scoped AWS credentials and clients out.
