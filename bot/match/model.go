package match

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed calibration.json background.txt vectors.bin
var fittedFiles embed.FS

// Model is everything that was fitted rather than written: see calibration.json for the files it was fitted on.
type Model struct {
	Calibration Calibration
	background  background
	vectors     *Vectors
	lex         *lexicon
}

// Calibration is the fitted part of the ranker and of the confidence.
type Calibration struct {
	Version    int                `json:"version"`
	FittedOn   string             `json:"fitted_on"`  // date
	Files      []string           `json:"files"`      // what it was fitted on
	Wordings   []int              `json:"wordings"`   // wordings per FAQ at which it was fitted
	OffTopic   float64            `json:"off_topic"`  // share of off-topic messages assumed
	Ranker     map[string]float64 `json:"ranker"`     // weight of each part of a candidate's score
	Confidence map[string]float64 `json:"confidence"` // weight of each sign; "bias" is the constant
	Figures    map[string]float64 `json:"figures"`    // what the fit reached on its own files
}

// ShippedModel reads the embedded model once.
var ShippedModel = sync.OnceValues(loadShippedModel)

func loadShippedModel() (*Model, error) {
	var cal Calibration
	data, err := fittedFiles.ReadFile("calibration.json")
	if err != nil {
		return nil, fmt.Errorf("read calibration: %w", err)
	}
	if err := json.Unmarshal(data, &cal); err != nil {
		return nil, fmt.Errorf("read calibration: %w", err)
	}
	counts, err := fittedFiles.ReadFile("background.txt")
	if err != nil {
		return nil, fmt.Errorf("read background counts: %w", err)
	}
	table, err := fittedFiles.ReadFile("vectors.bin")
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	vectors, err := ReadVectors(table)
	if err != nil {
		return nil, err
	}
	return NewModel(cal, string(counts), vectors)
}

// NewModel puts a model together from its fitted parts; vectors may be nil.
func NewModel(cal Calibration, backgroundCounts string, vectors *Vectors) (*Model, error) {
	lex, err := shipped()
	if err != nil {
		return nil, err
	}
	return &Model{Calibration: cal, background: readBackground(backgroundCounts, lex), vectors: vectors, lex: lex}, nil
}
