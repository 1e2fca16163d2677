module profbook.dev/demo

go 1.24
