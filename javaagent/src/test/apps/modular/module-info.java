module application {}
