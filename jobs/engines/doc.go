// Package engines opens the cluster that carat.yaml names as what builds the models, for
// runs and for whoever asks whether it would do.
//
// It promises nothing that the cluster doesn't say; it builds and writes nothing. It must
// not import a package of jobs that runs something.
package engines
