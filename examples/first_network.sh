#!/bin/sh
# A first network on a real table: look at it, plan, train, use, look inside.
# Run it in an empty folder: sh first_network.sh
set -eu

glassnet describe --example breast_cancer
glassnet train --example breast_cancer --dry-run
glassnet train --example breast_cancer --out tumours
glassnet predict tumours --example breast_cancer --out tumours.csv
glassnet describe tumours
