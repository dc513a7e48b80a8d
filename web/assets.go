package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static pages
var ownFiles embed.FS

// assets are the files that pages refer to. Their names carry a digest of their
// content, so that a browser may keep them for good.
type assets struct {
	byName map[string]*asset // "limen.3f2a….css"
	hashed map[string]string // "limen.css" to "/static/limen.3f2a….css"
}

type asset struct {
	mediaType string
	plain     []byte
	zipped    []byte // nil where compressing saves nothing
}

func newAssets() *assets {
	return &assets{byName: map[string]*asset{}, hashed: map[string]string{}}
}

// mediaTypes are the kinds of files that pages use; the policy lets no others in.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
	".jpg": "image/jpeg",
}

// Assets adds the files of a folder. Templates name them with
// {{asset "limen.css"}}.
func (m *Mux) Assets(files fs.FS, folder string) error {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return fmt.Errorf("web: assets: %w", err)
	}
	for _, e := range entries {
		content, err := fs.ReadFile(files, path.Join(folder, e.Name()))
		if err != nil {
			return fmt.Errorf("web: assets: %w", err)
		}
		ext := path.Ext(e.Name())
		mediaType, known := mediaTypes[ext]
		if !known {
			return fmt.Errorf("web: assets: %s is of a kind that no page may use", e.Name())
		}
		if _, dup := m.assets.hashed[e.Name()]; dup {
			return fmt.Errorf("web: assets: two files are called %s", e.Name())
		}
		digest := sha256.Sum256(content)
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(digest[:8]) + ext
		a := &asset{mediaType: mediaType, plain: content}
		if zipped := zip(content); len(zipped) < len(content)*9/10 {
			a.zipped = zipped
		}
		m.assets.byName[name] = a
		m.assets.hashed[e.Name()] = "/static/" + name
	}
	return nil
}

func zip(content []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(content)
	z.Close()
	return b.Bytes()
}

// href returns the address of a file, or an error that stops the template.
func (a *assets) href(name string) (string, error) {
	if href, ok := a.hashed[name]; ok {
		return href, nil
	}
	return "", fmt.Errorf("no asset is called %s", name)
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	found, ok := a.byName[r.PathValue("name")]
	if !ok {
		v := visitOf(r.Context())
		v.mux.fail(w.(*recorder), r, v, unknownAddress())
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", found.mediaType)
	content := found.plain
	if found.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			content = found.zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.Write(content)
}
