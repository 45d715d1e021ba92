import { Command } from 'commander';
import { faultUsage, parseFault } from '../lab/faultwords.ts';
import { labDown, labUp, openLab } from '../lab/lab.ts';
import { EXIT, fail } from './exit.ts';
