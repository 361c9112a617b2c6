#include "order/rules/due.h"
