package db

// notice is what a transaction has to say once it is on the disk.
type notice struct {
	topic string
	what  any
}

// Notify tells what to whoever listens to the topic in this process, once the
// transaction is known to be on the disk and before the call that opened it
// returns; not when it fails, is tried again, or ends without saying what became
// of it. If the process stops in between, nobody is told: a listener keeps a cache
// of what is stored and nothing else.
func (tx *Tx) Notify(topic string, what any) { tx.notices = append(tx.notices, notice{topic, what}) }

// Listen has fn called with every notice of a topic until stop is called. fn runs
// in the goroutine that made the transaction, which waits for it.
func (s *Store) Listen(topic string, fn func(what any)) (stop func()) {
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.listeners == nil {
		s.listeners = map[string]map[*func(any)]bool{}
	}
	if s.listeners[topic] == nil {
		s.listeners[topic] = map[*func(any)]bool{}
	}
	s.listeners[topic][&fn] = true
	return func() {
		s.listening.Lock()
		defer s.listening.Unlock()
		delete(s.listeners[topic], &fn)
	}
}

func (s *Store) tell(notices []notice) {
	if len(notices) == 0 {
		return
	}
	s.listening.RLock()
	defer s.listening.RUnlock()
	for _, n := range notices {
		for fn := range s.listeners[n.topic] {
			(*fn)(n.what)
		}
	}
}
