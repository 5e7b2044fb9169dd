"""A small synthetic dataset in E-GMD's layout, for tests and first steps without the download."""
