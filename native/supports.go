package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sagebrush/sagebrush/algo/trees"
)

// The files that models lie in.
const (
	xgboostFile  = "xgboost-model"
	lightgbmFile = "model.txt"
	aboutFile    = "about.json"
	// TreesFile is in the format sagebrush-trees.
	TreesFile = "sagebrush.trees"
)

// maxFile bounds what a model may weigh in bytes, for reading one takes some times
// as much memory.
const maxFile = 1 << 30

// images are the built-in images by the names in their manifests, and the kinds of
// models that stand in for their own programs.
func images(name string) (kinds []string) {
	switch name {
	case "xgboost":
		return []string{trees.XGBoost}
	case "lightgbm":
		return []string{trees.LightGBM}
	case "scikit-learn":
		return []string{trees.ScikitLearn}
	}
	return nil
}

// Knows says whether there are models of a built-in image that can be served here.
func Knows(image string) bool { return images(image) != nil }

// Supports says why the model in a directory cannot be served here in place of a
// built-in image's own program, which is told by the name in its manifest; nil says
// that it can. It reads the whole model, so that nothing is left to go wrong.
func Supports(image, dir string) error {
	kinds := images(image)
	if kinds == nil {
		return fmt.Errorf("the image %s has no native program", image)
	}
	if _, err := os.Stat(filepath.Join(dir, "code")); err == nil {
		return errors.New("the model brings a script of its own, in code/")
	}
	h, err := open(dir)
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if h.model.Library == kind {
			return nil
		}
	}
	return fmt.Errorf("the image %s does not serve models of %s", image, h.model.Library)
}

// open reads the model in a directory.
func open(dir string) (*handler, error) {
	if data, err := readFile(filepath.Join(dir, TreesFile)); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return nil, err
		}
		m, err := trees.ReadTrees(data)
		if err != nil {
			return nil, err
		}
		return newHandler(m, scikit{m}), nil
	}
	if about, err := readFile(filepath.Join(dir, aboutFile)); err == nil {
		return openTabular(dir, about)
	}
	file := filepath.Join(dir, xgboostFile)
	data, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		// As in the image: the only file that there is.
		if file, err = only(dir); err == nil {
			data, err = readFile(file)
		}
	}
	if err != nil {
		return nil, err
	}
	m, err := trees.ReadXGBoost(data)
	if err != nil {
		return nil, err
	}
	return newHandler(m, boosted{m}), nil
}

func openTabular(dir string, about []byte) (*handler, error) {
	data, err := readFile(filepath.Join(dir, lightgbmFile))
	if err != nil {
		return nil, err
	}
	m, err := trees.ReadLightGBM(data)
	if err != nil {
		return nil, err
	}
	t, err := newTabular(m, about)
	if err != nil {
		return nil, err
	}
	return newHandler(m, t), nil
}

// only is the only regular file of a directory.
func only(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			found = append(found, e.Name())
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("there is none of %s, %s with %s and %s in %s", xgboostFile, lightgbmFile, aboutFile, TreesFile, dir)
	}
	return filepath.Join(dir, found[0]), nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, maxFile)
	}
	return os.ReadFile(path)
}
