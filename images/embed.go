// Package images embeds the programs that Sagebrush ships behind well-known
// image URIs: one folder an image, each with a manifest.json that package image
// reads, pinned requirements and a Dockerfile that makes the same image for a
// container engine.
//
// Folders without a manifest hold what several images share; their manifests
// include them by name.
//
// To add one: make the folder, name its files in the directive below (a glob, so
// that caches beside the sources stay out), and write its manifest.
package images

import "embed"

// FS holds the image folders.
//
//go:embed xgboost/manifest.json xgboost/*.txt xgboost/Dockerfile
//go:embed xgboost/train xgboost/serve xgboost/xgbimage/*.py
//go:embed sklearn/manifest.json sklearn/requirements.txt sklearn/Dockerfile sklearn/train sklearn/serve
//go:embed pytorch/manifest.json pytorch/*.txt pytorch/Dockerfile pytorch/train pytorch/serve pytorch/*.py
//go:embed toolkit/enter toolkit/mpi-agent toolkit/torchrun.py toolkit/scriptmode/*.py
var FS embed.FS
