package ewstest

// mime gives the item its MIME content.
func (s *shaper) mime() error { return nil }
