// Package images embeds the programs that Sagebrush ships behind well-known
// image URIs: one folder an image, each with a manifest.json that package image
// reads, pinned requirements and a Dockerfile that makes the same image for a
// container engine. The folder builtin has no manifest: it holds what the
// built-in algorithms share, and their manifests include it.
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
//go:embed builtin/requirements.txt builtin/Dockerfile builtin/algorithm/*.py
//go:embed catboost/manifest.json catboost/requirements.txt catboost/train catboost/serve
//go:embed catboost/catimage/*.py
//go:embed kmeans/manifest.json kmeans/train kmeans/serve kmeans/kmeans/*.py
//go:embed knn/manifest.json knn/requirements.txt knn/train knn/serve knn/knn/*.py
//go:embed lightgbm/manifest.json lightgbm/requirements.txt lightgbm/train lightgbm/serve
//go:embed lightgbm/lgbimage/*.py
//go:embed linear-learner/manifest.json linear-learner/train linear-learner/serve
//go:embed linear-learner/linear_learner/*.py
//go:embed pca/manifest.json pca/train pca/serve pca/pca/*.py
//go:embed randomcutforest/manifest.json randomcutforest/train randomcutforest/serve
//go:embed randomcutforest/randomcutforest/*.py
//go:embed xgboost/manifest.json xgboost/*.txt xgboost/Dockerfile
//go:embed xgboost/train xgboost/serve xgboost/xgbimage/*.py
//go:embed sklearn/manifest.json sklearn/requirements.txt sklearn/Dockerfile sklearn/train sklearn/serve sklearn/sagebrush_trees.py
//go:embed pytorch/manifest.json pytorch/*.txt pytorch/Dockerfile pytorch/train pytorch/serve pytorch/*.py
//go:embed toolkit/enter toolkit/mpi-agent toolkit/torchrun.py toolkit/scriptmode/*.py
var FS embed.FS
