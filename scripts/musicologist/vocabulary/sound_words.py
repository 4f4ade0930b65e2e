"""What the lexicon annotator takes the words of a prompt for: instruments, and words for how something sounds. Data only.

The other half, genres, moods and words of pace, is in ``style_words``; the rules are in ``prompts.lexicon_rules``, and the
words that name an aspect outright in ``aspects.toml``. A key is what the phrases behind it mean in a prompt about a piece of
music, as aspects of the vocabulary. An empty key is a phrase that means none, so that its parts are not read: a jaw harp is no
harp. The longest phrase is read first ("double bass drum" is a drum), a blank may be a hyphen, plurals are known.

The entries are kinds of words, chosen by what they mean in music and measured against a language model's tags (GPT-4.1-mini;
figures in ``prompts.lexicon_agreement``); none is there for one prompt.
"""

Words = dict[tuple[str, ...], str]


def phrases(text: str) -> tuple[str, ...]:
    """The phrases of an entry."""
    return tuple(text.split(", "))


INSTRUMENTS: Words = {
    ("bass", "acoustic"): (
        "upright bass, double bass, contrabass, standup bass, string bass, walking bass, guitarron, washtub bass, "
        "slap bass, bass guitar, fretless bass, bass groove, bassist, bass player, octobass, bass ostinato, picked "
        "bass"
    ),
    ("bass", "electronic"): (
        "synth bass, synthesizer bass, sub bass, 808 bass, 808, acid bass, wobble bass, bass wobble, reese bass, bass "
        "drop, bass synth, wobble, acid line, moog bass, 303 bass, growl bass"
    ),
    ("brass", "acoustic"): (
        "trumpet, trombone, tuba, horn, french horn, cornet, flugelhorn, euphonium, sousaphone, bugle, brass section, "
        "brass band, horn section, horn stab, alphorn, sackbut, shofar, didgeridoo, baritone horn, conch, brass "
        "ensemble, brass quintet, trumpeter, trombonist, hunting horn, valve trombone, serpent, ophicleide, brass "
        "stab, brass hit, cornetto, wagner tuba, mellophone, saxhorn, post horn"
    ),
    ("drum", "percussive", "acoustic"): (
        "percussion, percussionist, percussive element, conga, bongo, timbale, timpani, kettledrum, tabla, djembe, "
        "cajon, cajón, taiko, bodhran, bodhrán, darbuka, doumbek, dholak, dhol, mridangam, frame drum, hand drum, "
        "talking drum, tambourine, maraca, shaker, guiro, güiro, clave, cowbell, woodblock, castanet, triangle, "
        "cabasa, surdo, cuica, pandeiro, repinique, agogo, tom, tom tom, snare, snare drum, kick, kick drum, bass "
        "drum, double bass drum, double kick, double bass kick, blast beat, rimshot, drum kit, drum set, drum corps, "
        "drumline, war drum, tribal drum, handclap, clapping, clap, stomp, gong, washboard, bata, daf, riq, ghatam, "
        "drum fill, drum roll, beatbox, beatboxing, palmas, tympani, caixa, ashiko, dunun, udu, rattle, temple block, "
        "ratchet, vibraslap, log drum, slit drum, tassa, davul, tapan, tombak, kendang, taiko drum, janggu, pakhavaj, "
        "manjira, finger cymbal, crash cymbal, rim click, drum solo, drum break, paradiddle, shekere, caxixi, "
        "rainstick, body percussion, finger snap, foot stomp, hand clap, tamborim, zabumba, anvil, wood block, drum "
        "ensemble, drum circle"
    ),
    ("drum", "percussive", "electronic", "tempo-synced"): "four on the floor",
    ("drum", "percussive", "electronic"): (
        "drum machine, programmed drum, drum loop, drum programming, 808 drum, 909, breakbeat, trap hi hat, 808 kick, "
        "synth drum, drum pad, tr 808, tr 909, linn drum, linndrum, beat machine, mpc, drum sample, electro beat"
    ),
    ("drum", "acoustic"): (
        "drum, cymbal, hi hat, drumming, ride cymbal, brush drum, brushed drum, brushed snare, brushes, drummer, "
        "brushwork, backbeat"
    ),
    ("bass", "drum", "acoustic"): "rhythm section",
    ("drum",): "beat, break",
    ("flute", "acoustic"): (
        "flute, piccolo, recorder, pan flute, panpipe, panflute, whistle, tin whistle, ocarina, bansuri, fife, "
        "shakuhachi, quena, ney, dizi, siku, zampona, zampoña, native american flute, bass flute, alto flute, "
        "whistling, low whistle, xiao, irish flute, wooden flute, bamboo flute, penny whistle, pennywhistle, "
        "flageolet, flutist, flautist, nose flute, kaval, suling, venu, daegeum, nohkan, slide whistle"
    ),
    ("guitar", "acoustic"): (
        "guitar, classical guitar, nylon string guitar, nylon guitar, steel string guitar, slide guitar, twelve "
        "string guitar, 12 string guitar, flamenco guitar, spanish guitar, fingerpicking, fingerpicked, fingerstyle, "
        "strumming, guitarist, ukulele, lap steel, pedal steel, pedal steel guitar, dobro, resonator guitar, steel "
        "guitar, requinto, charango, cavaquinho, cuatro, vihuela, tres, slack key, gut string guitar, archtop, hollow "
        "body guitar, rhythm guitar, lead guitar, bandurria, tiple, guitar arpeggio, guitar strum, bottleneck, "
        "hawaiian guitar"
    ),
    ("guitar", "distortion"): (
        "distorted guitar, fuzz guitar, overdriven guitar, crunchy guitar, palm muted, chugging, power chord, down "
        "tuned guitar, guitar feedback, screaming guitar"
    ),
    ("string", "acoustic"): (
        "banjo, mandolin, lute, oud, sitar, koto, shamisen, erhu, guzheng, pipa, zither, dulcimer, hammered dulcimer, "
        "bouzouki, balalaika, kora, sarod, sarangi, tambura, tanpura, santur, santoor, kantele, nyckelharpa, "
        "hardanger fiddle, hurdy gurdy, lyre, psaltery, cimbalom, autoharp, guqin, qanun, kanun, saz, baglama, viol, "
        "viola da gamba, rebab, morin khuur, dombra, berimbau, harp, violin, viola, cello, fiddle, string, string "
        "section, string quartet, orchestral strings, string ensemble, string trio, violinist, cellist, bowed, ngoni, "
        "gayageum, theorbo, cittern, gittern, gusli, bandura, komuz, mountain dulcimer, appalachian dulcimer, veena, "
        "vina, esraj, setar, rubab, dutar, tanbur, ruan, yangqin, sanshin, biwa, kemenche, kamancheh, gadulka, "
        "tamburica, domra, valiha, krar, celtic harp, concert harp, harpist, fiddler, string octet, string sextet, "
        "string quintet, violin section, cello section, viol consort, mandola, tsugaru shamisen, lira"
    ),
    ("keyboard", "acoustic"): (
        "piano, grand piano, upright piano, harpsichord, celesta, clavichord, toy piano, prepared piano, honky tonk "
        "piano, felt piano, fortepiano, montuno, piano trio, virginal, pianist, pianoforte, stride piano, spinet, "
        "player piano, tack piano, barrelhouse, boogie woogie piano, piano ballad, celeste"
    ),
    ("keyboard", "electronic"): "synth keyboard, synth piano, digital piano, keytar",
    ("keyboard",): "keyboard, keys",
    (): (
        "minor key, major key, key change, key signature, off key, low key, beatless, bass clef, jaw harp, jew's "
        "harp, tape recorder, voice recorder, train whistle, car horn, fog horn, foghorn, school bell"
    ),
    ("mallet", "acoustic"): (
        "marimba, vibraphone, xylophone, glockenspiel, steel drum, steelpan, steel pan, tubular bell, kalimba, mbira, "
        "thumb piano, balafon, gamelan, handpan, hang drum, music box, bell, chime, wind chime, singing bowl, "
        "crotale, carillon, church bell, handbell, sleigh bell, tongue drum, bianzhong, metallophone, vibraharp, bell "
        "tree, glass harmonica, angklung, lithophone, bell plate, mark tree, toy glockenspiel, glass marimba"
    ),
    ("organ", "acoustic"): (
        "organ, pipe organ, church organ, hammond organ, hammond, b3 organ, organist, theatre organ, hammond b3, "
        "harmonium, reed organ, calliope, barrel organ, portative organ, cathedral organ, drawbar organ, leslie "
        "speaker, rotary speaker, wurlitzer organ, gospel organ, organ chorale"
    ),
    ("organ", "electronic"): "synth organ",
    ("reed", "acoustic"): (
        "reed, saxophone, sax, alto sax, tenor sax, soprano sax, baritone sax, alto saxophone, tenor saxophone, "
        "soprano saxophone, baritone saxophone, saxophonist, clarinet, bass clarinet, oboe, bassoon, contrabassoon, "
        "english horn, cor anglais, duduk, bagpipe, uilleann pipe, shawm, zurna, shehnai, woodwind, wind section, "
        "basset horn, krummhorn, crumhorn, suona, hichiriki, klezmer clarinet, chalumeau, sheng, wind quintet, wind "
        "ensemble, accordion, harmonica, concertina, bandoneon, bandoneón, melodica, melodeon, blues harp, mouth "
        "harp, mouth organ, squeezebox, button accordion, bombarde, smallpipes, tarogato, aulos, mizmar, nadaswaram, "
        "pungi, piri, guan, hulusi, khene, sax section, sax quartet, saxophone quartet, oboist, clarinetist, "
        "clarinettist, bassoonist, accordionist, wind instrument, klezmer accordion, free reed, bagpiper, piano "
        "accordion, musette"
    ),
    ("synth_lead", "electronic"): (
        "synth, synthesizer, synthesiser, synth lead, lead synth, lead synthesizer, synthesizer lead, synth stab, "
        "synth line, synth melody, synth hook, synth texture, synth arpeggio, arpeggiator, moog, theremin, supersaw, "
        "saw lead, ondes martenot, pluck synth, synth pluck, synth solo, synth riff, synth arp, 303, tb 303, acid "
        "synth, synth wash, synth chord, poly synth, polysynth, mono synth, sequenced synth, synth layer, digital "
        "lead"
    ),
    ("synth_lead", "electronic", "long_release"): "synth pad, pad, synth drone",
    ("synth_lead", "electronic", "synthetic"): (
        "analog synth, analogue synth, modular synth, bleep, fm synth, digital synth, retro synth, vintage synth, "
        "analog synthesizer, synthesized, synthesised, wavetable, saw wave, sawtooth, square wave, sine wave, "
        "triangle wave, eurorack, buchla, oscillator, additive synth, synthesis"
    ),
    ("vocal", "acoustic"): (
        "vocal, voice, choir, singer, singing, sung, vocalist, chorus, choral, chant, chanting, chanted, soprano, "
        "alto, tenor, baritone, lyric, lyrics, rap, rapping, rapper, humming, yodel, yodeling, vocal harmony, vocal "
        "harmonies, a cappella, acapella, falsetto, crooning, scat, scatting, growl, scream, shouted, spoken word, "
        "storytelling, operatic, call and response, sing along, backing vocal, backup singer, lead vocal, crooner, "
        "cantor, diva, mc, emcee, whisper, whispered, wordless, vocalise, ululation, kulning, mantra, konnakol, "
        "countertenor, mezzo soprano, bass voice, basso profundo, head voice, children's choir, male voice choir, "
        "vocalization, melismatic, melisma, rapped, shouting, screaming, barbershop quartet, songstress, harmonized "
        "vocal, toasting"
    ),
    ("vocal", "electronic"): (
        "vocal sample, vocal chop, chopped vocal, autotuned vocal, auto tuned vocal, auto tune, autotune, vocoder, "
        "talk box, vocoded vocal"
    ),
    ("vocal", "multiphonic", "acoustic"): "throat singing, overtone singing",
    ("string", "fast_decay", "acoustic"): "pizzicato, spiccato, col legno",
    ("string", "electronic"): "synth string, string synth, string machine, string pad, sampled string",
    ("brass", "electronic"): "synth brass, brass synth",
}
"""Instruments, their parts and their players: the family first, then what else they imply, their source above all.

Plucked and bowed strings of every country are strings, guitars and their small relatives guitars; free reeds are reeds; bars
and bells are mallets; every percussion instrument is a drum and percussive. A synthesizer as such is a lead and electronic; it
is synthetic only where the synthesis itself is named. A pad rings on.
"""

AMPLIFIED: Words = {
    (): "electric, amplified, plugged in",
    ("guitar",): "electric guitar, guitar riff, guitar lick",
    ("bass",): "electric bass, electric bass guitar",
    ("keyboard",): "electric piano, clavinet, rhodes, rhodes piano, wurlitzer, fender rhodes, mellotron",
    ("organ",): "electric organ, combo organ, farfisa",
    ("string",): "electric violin, electric sitar, electric cello",
}
"""Amplified instruments: electronic where nothing else in the prompt tells the source. GPT calls them acoustic among acoustic
instruments."""

SOUNDS: Words = {
    ("bright sound",): (
        "bright, brilliant, shimmering, crisp, brightly, sparkling, glittering, jangly, twangy, piercing, tinkling, "
        "crystalline, glistening, treble, brassy, airy, tinny, glassy, silvery, high pitched, luminous, radiant, "
        "gleaming, twinkling, zingy, shrill"
    ),
    ("warm sound",): (
        "warm, mellow, warmly, warmth, velvety, lush, rich, muted, vintage warmth, mellow tone, woody, "
        "buttery, honeyed, full bodied, rounded, creamy, silky, husky"
    ),
    ("distortion",): (
        "distortion, distorted, overdriven, overdrive, fuzz, fuzzy, gritty, crunchy, crunch, heavy riff, growling, "
        "screeching, bitcrushed, saturated, abrasive, noisy, noise, feedback, raw, clipping, bit crushed, grit, "
        "grinding, scuzzy, snarling, blown out, tube amp, buzzing, raspy, roaring"
    ),
    ("reverb",): (
        "reverb, reverberant, reverberation, echo, echoing, echoes, cavernous, spacious, vast, expansive, cathedral, "
        "delay, atmospheric, distant, washed out, wide open, spatial, concert hall, plate reverb, spring reverb, "
        "cavern, echo chamber, tape echo, tape delay, dubby, hazy, shimmer reverb, reverbed, reverb tail, open space"
    ),
    ("long_release", "reverb"): "soundscape, drone",
    ("long_release",): (
        "sustained, lingering, drawn out, legato, long note, slowly fading, long tail, droning, held note, flowing, "
        "floating, slow build, swirling, sustain, sustaining, resonant, long decay, slow decay, slow release, long "
        "release, fermata, drifting, endless, ringing, ringing out, suspended, elongated, stretched, tenuto, slow "
        "burning, slow moving"
    ),
    ("fast_decay",): (
        "rapid, rapid fire, fast decay, short note, choppy, plucky, tremolo picking, fast picking, quick decay, "
        "gated, double time, shredding, clipped, detached, short decay, blistering, rapidly, machine gun, speedy, "
        "hurried"
    ),
    ("fast_decay", "percussive"): "staccato, stab",
    ("nonlinear_env",): (
        "morphing, nonlinear envelope, shifting texture, evolving texture, evolving soundscape, evolving drone, "
        "wobbling, warped, reversed, filter sweep, riser, mutating, shape shifting, modulated, modulating, stutter, "
        "warping"
    ),
    ("nonlinear_env", "electronic", "synthetic"): "glitchy, glitch, granular",
    (): "swelling, swell, evolving",
    ("percussive",): (
        "percussive, punchy, pounding, booming, hard hitting, driving, syncopated, polyrhythm, polyrhythmic, "
        "stomping, thumping, slapped, strummed, marching, tribal, driving rhythm, rhythmic, hammering, accented, "
        "marcato, slamming, pummeling, thunderous, clattering, tapping, stuttering, banging, propulsive, sharp "
        "attack, cross rhythm"
    ),
    ("tempo-synced",): (
        "tempo synced, in sync with the tempo, synced to the tempo, sidechain, sidechained, arpeggiated synth, "
        "looped, quantized, dancefloor, dance floor, on the grid, tempo locked, beat synced, rhythmically gated"
    ),
    ("acoustic",): "acoustic, unplugged, organic",
    ("electronic",): (
        "electronic, electronica, digital, programmed, sampled, sample, turntable, scratching, electro, computerized, "
        "cybernetic, robotic, turntablism, laptop, midi, software instrument, sampler, electronics, video game"
    ),
    ("electronic", "tempo-synced"): "sequenced, sequencer",
    ("electronic", "synthetic"): "synthetic, computer generated, artificial, retro futuristic",
}
"""Words for how it sounds, how it is played and how it is produced. A swell is one of the whole piece here, not of a note."""
