"""What dns, http, tls and auth events show by themselves, by published formulas; flows pay nothing for it."""
