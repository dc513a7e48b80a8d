package bms

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"limen/interop/bms/codec"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/law"
)

// FaceEmbedder turns a facial image into a vector. None is part of the program.
type FaceEmbedder interface {
	// Embed returns the vector and the image's quality, 0 to 100 by ISO/IEC 29794-5
	// where the embedder measures it, else Unmeasured.
	Embed(codec.Image) (v face.Vector, quality int, err error)
}

// Limits of a sample. Ten fingers at 1000 pixels per inch, losslessly compressed,
// stay under the first.
const (
	maxSample = 16 << 20 // bytes
	maxPrints = 10
)

// Sample is what a device captured, read: the images as they came, and what can be
// compared of them.
type Sample struct {
	Modality Modality
	// Digest names the sample in logs: SHA-256 of what was sent, in hexadecimal.
	Digest string
	Prints []Print   // of fingers
	Face   *Portrait // of a face
}

// Picture is an image as it came.
type Picture struct {
	Format string // media type
	Bytes  []byte
}

// Print is one finger of a sample.
type Print struct {
	Template finger.Template // Position and Impression among its fields
	NFIQ2    int             // as the capture told it, or Unmeasured
	Picture  *Picture        // nil where only a template was sent
}

// quality is that of the print by the measure of its extractor, or Unmeasured. A
// record of minutiae writes 0 where nobody measured.
func (p *Print) quality() int {
	if p.Template.Quality == 0 && p.Picture == nil {
		return Unmeasured
	}
	return int(p.Template.Quality)
}

// Portrait is the face of a sample.
type Portrait struct {
	Vector  *face.Vector // nil where nobody made one
	Quality int          // or Unmeasured
	Picture *Picture
}

// bundle is the program's own form of a sample.
type bundle struct {
	Fingers []struct {
		Position int    `json:"position"`
		Image    []byte `json:"image"`
		Template []byte `json:"template"`
		NFIQ2    *int   `json:"nfiq2"`
		Latent   bool   `json:"latent"`
	} `json:"fingers"`
	Face *struct {
		Image   []byte     `json:"image"`
		Model   face.Model `json:"model"`
		Vector  []float32  `json:"vector"`
		Quality *int       `json:"quality"`
	} `json:"face"`
}

// reader reads samples with the engines of a service.
type reader struct {
	extract func(finger.Image) (finger.Template, error)
	embed   FaceEmbedder
	cite    law.Citation
	field   string
}

func (r *reader) bad(code law.Code, format string, args ...any) error {
	return law.BadField(r.field, code, r.cite, fmt.Sprintf(format, args...))
}

// read reads a sample of a modality in any of the forms that the service takes:
// a JSON bundle, ANSI/NIST-ITL, ISO/IEC 19794-2 or ANSI INCITS 378 minutiae, a
// vector in its stored form, or one image. A refusal names the field.
func (r *reader) read(m Modality, data []byte) (*Sample, error) {
	switch {
	case len(data) == 0:
		return nil, r.bad("sample_empty", "Send the sample.")
	case len(data) > maxSample:
		return nil, r.bad("sample_too_large", "A sample has at most %d megabytes.", maxSample>>20)
	}
	sum := sha256.Sum256(data)
	s := &Sample{Modality: m, Digest: hex.EncodeToString(sum[:])}
	var err error
	if m == Face {
		err = r.faceOf(s, data)
	} else {
		err = r.fingersOf(s, data)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (r *reader) fingersOf(s *Sample, data []byte) error {
	switch {
	case data[0] == '{':
		b, err := r.bundle(data)
		if err != nil {
			return err
		}
		if len(b.Fingers) == 0 {
			return r.bad("no_fingers", "The bundle has no fingers.")
		}
		if len(b.Fingers) > maxPrints {
			return r.bad("too_many_fingers", "A sample has at most ten fingers.")
		}
		for i, f := range b.Fingers {
			p := Print{NFIQ2: Unmeasured}
			if f.NFIQ2 != nil {
				if p.NFIQ2 = *f.NFIQ2; p.NFIQ2 < 0 || p.NFIQ2 > 100 {
					return r.bad("nfiq2_out_of_range", "Finger %d: an NFIQ 2 value is 0 to 100.", i+1)
				}
			}
			switch {
			case len(f.Image) > 0:
				if p.Template, p.Picture, err = r.print(f.Image); err != nil {
					return err
				}
			case len(f.Template) > 0:
				views, err := minutiae(f.Template)
				if err != nil || len(views) != 1 {
					return r.bad("template_unreadable", "Finger %d: send one view as an ISO/IEC 19794-2:2005 record.", i+1)
				}
				p.Template = views[0]
			default:
				return r.bad("finger_empty", "Finger %d has neither an image nor a template.", i+1)
			}
			if f.Position != 0 {
				p.Template.Position = finger.Position(f.Position)
				if f.Position < 0 || f.Position > 10 {
					return r.bad("no_such_finger", "Finger %d: positions are 1 to 10, from the right thumb.", i+1)
				}
			}
			if f.Latent {
				p.Template.Impression = finger.Latent
			}
			s.Prints = append(s.Prints, p)
		}
	case bytes.HasPrefix(data, []byte("FMR\x00")):
		views, err := minutiae(data)
		if err != nil {
			return r.bad("template_unreadable", "The minutiae record cannot be read: %v.", err)
		}
		for _, t := range views {
			s.Prints = append(s.Prints, Print{Template: t, NFIQ2: Unmeasured})
		}
	case codec.Sniff(data) == codec.ANSINIST:
		var err error
		if s.Prints, err = r.transaction(data); err != nil {
			return err
		}
	default:
		t, picture, err := r.print(data)
		if err != nil {
			return err
		}
		s.Prints = []Print{{Template: t, NFIQ2: Unmeasured, Picture: picture}}
	}
	return r.distinct(s.Prints)
}

// distinct refuses two prints of one finger: which of them is meant cannot be told.
func (r *reader) distinct(prints []Print) error {
	if len(prints) > maxPrints {
		return r.bad("too_many_fingers", "A sample has at most ten fingers.")
	}
	var seen []finger.Position
	for _, p := range prints {
		at := p.Template.Position
		if at == finger.UnknownFinger && len(prints) > 1 {
			return r.bad("finger_unnamed", "With several fingers each must say which it is.")
		}
		if slices.Contains(seen, at) {
			return r.bad("finger_twice", "Finger %d is there twice.", at)
		}
		seen = append(seen, at)
	}
	return nil
}

func minutiae(data []byte) ([]finger.Template, error) {
	views, err := finger.ReadISO(data)
	if err != nil {
		var other error
		if views, other = finger.ReadANSI(data); other != nil {
			return nil, err
		}
	}
	for i := range views {
		if err := views[i].Check(); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// defaultPPI is the resolution of a print whose file does not say it: that of
// every capture for the EES (2019/329).
const defaultPPI = 500

// print reads the image of one finger and finds its minutiae.
func (r *reader) print(data []byte) (finger.Template, *Picture, error) {
	switch codec.Sniff(data) {
	case codec.WSQ, codec.JP2, codec.JPEG, codec.PNG:
	default: // a face, or a file of many images
		return finger.Template{}, nil, r.undecoded(codec.ErrUnknown)
	}
	img, err := fingerLimits.Decode(data)
	if err != nil {
		return finger.Template{}, nil, r.undecoded(err)
	}
	t, err := r.minutiaeOf(img)
	return t, &Picture{mediaType(img.Format), data}, err
}

func (r *reader) minutiaeOf(img codec.Image) (finger.Template, error) {
	ppi := float64(img.PPI)
	if ppi == 0 {
		ppi = defaultPPI
	}
	t, err := r.extract(finger.Image{Pix: img.Pix, Width: img.Width, Height: img.Height, PPI: ppi})
	if err != nil {
		return t, r.bad("print_unusable", "The print cannot be used: %v.", err)
	}
	return t, nil
}

func (r *reader) undecoded(err error) error {
	switch {
	case errors.Is(err, codec.ErrUnknown):
		return r.bad("image_format_unknown", "The image is in no format that is read here: WSQ, JPEG 2000, JPEG, PNG, ANSI/NIST-ITL.")
	case errors.Is(err, codec.ErrTooLarge):
		return r.bad("image_too_large", "The image is too large: %v.", err)
	}
	return r.bad("image_unreadable", "The image cannot be read: %v. Take it again.", err)
}

func mediaType(f codec.Format) string {
	switch f {
	case codec.WSQ:
		return "image/x-wsq"
	case codec.JPEG:
		return "image/jpeg"
	case codec.JP2, codec.JP2L:
		return "image/jp2"
	case codec.PNG:
		return "image/png"
	}
	return "application/octet-stream"
}

func (r *reader) bundle(data []byte) (b bundle, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil || len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return b, r.bad("bundle_unreadable", "The bundle is no JSON of the form that is read here: fingers, each with position and image or template; or face, with image, or model and vector.")
	}
	return b, nil
}

func (r *reader) faceOf(s *Sample, data []byte) error {
	s.Face = &Portrait{Quality: Unmeasured}
	var picture []byte
	switch {
	case data[0] == '{':
		b, err := r.bundle(data)
		if err != nil {
			return err
		}
		if b.Face == nil || len(b.Face.Image) == 0 && len(b.Face.Vector) == 0 {
			return r.bad("no_face", "The bundle has no face: send its image, or model and vector.")
		}
		if len(b.Face.Vector) > 0 {
			v, err := face.Quantise(b.Face.Model, b.Face.Vector)
			if err != nil {
				return r.bad("vector_unusable", "The vector cannot be used: %v.", err)
			}
			s.Face.Vector = &v
		}
		if q := b.Face.Quality; q != nil {
			if *q < 0 || *q > 100 {
				return r.bad("quality_out_of_range", "The quality of a face is 0 to 100.")
			}
			s.Face.Quality = *q
		}
		picture = b.Face.Image
	default:
		v := new(face.Vector)
		if v.UnmarshalBinary(data) == nil {
			s.Face.Vector = v
			return nil
		}
		picture = data
	}
	if len(picture) == 0 {
		return nil
	}
	img, shown, err := r.portrait(picture)
	if err != nil {
		return err
	}
	s.Face.Picture = shown
	if s.Face.Vector == nil && r.embed != nil {
		v, quality, err := r.embed.Embed(img)
		if err != nil {
			return r.bad("no_face_found", "No face was found in the image: %v. Take it again.", err)
		}
		s.Face.Vector, s.Face.Quality = &v, quality
	}
	return nil
}

// Retake says which part of a sample does not pass the quality check.
type Retake struct {
	Position finger.Position `json:"position" doc:"1 to 5 the right hand from the thumb, 6 to 10 the left; 0 for a face."`
	Reason   law.Reason      `json:"reason"`
}

// Gate is the quality check before a template is made (2019/817 art 13(3)), by the
// parameters of a day: what passes, as templates, and what must be taken again. A
// face without a vector passes without a template, since nothing can be said of it.
func (s *Sample) Gate(day law.Date, synthetic bool) (pass []Template, again []Retake, err error) {
	quality, err := LeastFingerQuality.On(day)
	if err != nil {
		return nil, nil, err
	}
	nfiq2, err := LeastNFIQ2.On(day)
	if err != nil {
		return nil, nil, err
	}
	fewest, err := LeastMinutiae.On(day)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range s.Prints {
		t := &p.Template
		because := func(code law.Code, message string, facts ...string) {
			again = append(again, Retake{t.Position, law.Reason{Code: code, Cite: "2019/817 art 13(3)", Message: message, Facts: law.Facts(facts...)}})
		}
		switch {
		case p.NFIQ2 != Unmeasured && p.NFIQ2 < nfiq2:
			because("nfiq2_too_low", "The print is too poor. Clean the glass and the finger, press lightly, and take it again.", "nfiq2", fmt.Sprint(p.NFIQ2), "least", fmt.Sprint(nfiq2))
		case len(t.Minutiae) < fewest:
			because("too_few_minutiae", "Too little of the finger is seen. Lay it flat on the middle of the glass, and take it again.", "minutiae", fmt.Sprint(len(t.Minutiae)), "least", fmt.Sprint(fewest))
		case p.quality() != Unmeasured && p.quality() < quality:
			because("quality_too_low", "The print is too poor. Clean the glass and the finger, press lightly, and take it again.", "quality", fmt.Sprint(p.quality()), "least", fmt.Sprint(quality))
		default:
			record, err := finger.WriteISO([]finger.Template{*t})
			if err != nil {
				return nil, nil, err
			}
			pass = append(pass, Template{Modality: Finger, Position: t.Position, Algorithm: MinutiaeRecord, Quality: p.quality(), NFIQ2: p.NFIQ2, Synthetic: synthetic, Bytes: record})
		}
	}
	if s.Face != nil && s.Face.Vector != nil {
		record, err := s.Face.Vector.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		pass = append(pass, Template{Modality: Face, Algorithm: FaceVector, Quality: s.Face.Quality, NFIQ2: Unmeasured, Synthetic: synthetic, Bytes: record})
	}
	return pass, again, nil
}
