// Package image knows which program stands behind an image URI and makes it
// ready to run.
//
// A URI is answered by the first of: a folder registered under exactly this URI,
// a folder registered under its repository without a tag, and the images that
// are built in, by pattern (CreateTrainingJob names the well-known ones by
// registry, repository and tag). A URI that none of them knows is refused with a
// message that says how to add it.
//
// A folder follows the convention of a SageMaker container: an executable
// `train`, an executable `serve`, or both; `train.py` and `serve.py` are run by
// the environment's Python. A requirements.txt gets an environment of its own; a
// manifest.json (see Manifest) says more. Registered folders are used where they
// are and not copied, so that a change is seen by the next job; a job that runs
// while its folder changes sees the change too.
//
// Environments live under the cache directory, one for each combination of
// requirements and Python version, and are made once: by uv where it is
// installed, by venv and pip otherwise. A virtual environment cannot be moved,
// so it is made at its final path under a lock that also holds between
// processes, and counts only once its marker file is written.
package image
