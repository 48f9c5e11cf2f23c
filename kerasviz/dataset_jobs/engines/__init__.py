"""Where the parts of a plan are explained: in this process, by Dask, by Ray. One file each."""
