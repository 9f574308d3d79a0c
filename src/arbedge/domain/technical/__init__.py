"""Technical signals of closed candles and what each rule was worth on recorded ones; nothing here looks ahead."""
