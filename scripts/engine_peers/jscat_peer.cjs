// jsCAT through the protocol: expected a posteriori under N(0, 1), maximum Fisher information, no deep copies.
// Arguments: a JSON file with a, b, theta; the number of people.
const fs = require('fs');
const { Cat } = require('@bdelab/jscat');
const { a, b, theta } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const some = Number(process.argv[3]);

function luck(s, i) {
  let h = (Math.imul(s, 0x9e3779b1) + Math.imul(i, 0x85ebca6b) + 12345) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (((h ^ (h >>> 16)) >>> 0) + 0.5) / 4294967296;
}

let steps = 0, squares = 0, sum = 0;
const begin = process.hrtime.bigint();
for (let s = 0; s < some; s += 1) {
  const cat = new Cat({ method: 'EAP', itemSelect: 'MFI', theta: 0, minTheta: -4, maxTheta: 4, priorDist: 'norm', priorPar: [0, 1] });
  let stimuli = a.map((value, i) => ({ id: i, a: value, b: b[i], c: 0, d: 1 }));
  let given = 0;
  while (given < 30) {
    const { nextStimulus, remainingStimuli } = cat.findNextItem(stimuli, 'MFI', false);
    stimuli = remainingStimuli;
    const i = nextStimulus.id;
    const right = luck(s, i) < 1 / (1 + Math.exp(-a[i] * (theta[s] - b[i]))) ? 1 : 0;
    cat.updateAbilityEstimate({ a: a[i], b: b[i], c: 0, d: 1 }, right);
    given += 1;
    if (cat.seMeasurement <= 0.35) break;
  }
  steps += given;
  squares += (cat.theta - theta[s]) ** 2;
  sum += cat.theta - theta[s];
}
const spent = Number(process.hrtime.bigint() - begin) / 1e3;
console.log(JSON.stringify({ people: some, us_per_step: spent / steps, rmse: Math.sqrt(squares / some), bias: sum / some, length: steps / some }));
