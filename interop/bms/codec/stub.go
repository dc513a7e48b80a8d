package codec

func (l Limits) decodeANSINIST(data []byte) (Image, error) { return Image{}, unsupported(JP2, "") }
func (l Limits) decodeFace(data []byte) (Image, error)     { return Image{}, unsupported(JP2, "") }
