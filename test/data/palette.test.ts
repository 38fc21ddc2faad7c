import { expect } from 'chai'
import { lightness, nearest, visions } from '../../scripts/palette/distances.ts'
import { displayPalette, vocPalette } from '../../src/data/palette.ts'

describe('data/palette', () => {
  for (const vision of visions)
    it(`of overlays has colours that are told apart with ${vision} vision`, () => {
      expect(nearest(displayPalette.slice(0, 11), vision).distance).to.be.at.least(11.9)
      expect(nearest(displayPalette.slice(0, 21), vision).distance).to.be.at.least(8.6)
    })

  it('of overlays is bright and not grey', () => {
    const measured = displayPalette.slice(0, 21).map(lightness)
    expect(Math.min(...measured.map(m => m.lightness))).to.be.at.least(0.54)
    expect(Math.max(...measured.map(m => m.lightness))).to.be.at.most(0.95)
    expect(Math.min(...measured.map(m => m.chroma))).to.be.at.least(0.085)
    expect(displayPalette).to.have.length(256)
    expect(Math.min(...displayPalette.map(colour => lightness(colour).lightness))).to.be.at.least(0.54)
  })

  it("of mask files is VOC's, of which some are dark or alike", () => {
    expect(vocPalette[8]).to.deep.equal([64, 0, 0])
    expect(vocPalette[255]).to.deep.equal([224, 224, 192])
    expect(nearest(vocPalette.slice(0, 21), 'protan').distance).to.be.below(1)
  })
})
