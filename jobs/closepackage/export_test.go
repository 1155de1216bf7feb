package closepackage

// AuditManifest is the name of the manifest, for the tests of this package.
const AuditManifest = auditManifest
