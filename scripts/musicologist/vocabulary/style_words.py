"""What the lexicon annotator takes the words of a prompt for: genres, forms, moods and words of pace. Data only.

As in ``sound_words`` a key is what the phrases behind it mean. One of the phrases of GENRES, FORMS, MOODS or PLAIN makes a
prompt one about a piece of music. Moods and words of pace are hints, half as strong as the name of a genre or a sound.
"""

from musicologist.vocabulary.sound_words import Words

GENRES: Words = {
    ("synth_lead", "electronic", "long_release", "reverb", "warm sound"): (
        "ambient, new age, drone music, space music, chillout, ambient drone, ambient techno, space ambient, "
        "meditation music, healing music, psybient, ambient electronica"
    ),
    ("electronic", "long_release", "reverb"): "dark ambient",
    ("electronic", "tempo-synced", "synth_lead"): (
        "edm, trance, psytrance, electro pop, electropop, electro swing, synth pop, synthpop, big room, eurodance, "
        "dance pop, future bass, hardstyle, tropical house, progressive house, electro house, electro funk, goa "
        "trance, uplifting trance, rave, complextro, future house, melodic techno, french house, electroclash, synth "
        "funk, big beat, bass house, festival edm, progressive trance, slap house"
    ),
    ("electronic", "tempo-synced"): (
        "techno, house, deep house, tech house, disco, nu disco, uk garage, club, dance music, electronic dance, "
        "minimal techno, acid house, hyperpop, future garage, garage house, speed garage, 2 step, jersey club, baile "
        "funk, amapiano, afro house, gqom, kuduro, detroit techno, hard techno, latin house, funky house, eurodisco"
    ),
    ("electronic", "synth_lead", "bright sound"): (
        "synthwave, vaporwave, retrowave, outrun, italo disco, chiptune, 8 bit, 8bit, city pop, new wave, eurobeat, "
        "video game music, arcade"
    ),
    ("electronic", "synth_lead", "reverb"): (
        "darkwave, coldwave, downtempo, chillwave, trip hop, dub techno, witch house, cyberpunk"
    ),
    ("electronic", "drum", "fast_decay"): (
        "drum and bass, drum n bass, drum & bass, dnb, jungle, footwork, breakcore, gabber, hardcore techno, liquid "
        "drum and bass"
    ),
    ("electronic", "bass", "distortion"): "dubstep, brostep, riddim",
    ("electronic", "bass", "drum"): "trap, drill, grime, bass music, phonk, trap beat",
    ("electronic", "drum"): (
        "hip hop, hiphop, reggaeton, moombahton, dancehall, boom bap, k pop, contemporary r&b, lofi hip hop, lo fi "
        "hip hop, cloud rap, crunk, dembow, latin trap, g funk, rap beat, hip hop beat, conscious hip hop"
    ),
    ("electronic", "synthetic", "synth_lead", "nonlinear_env"): (
        "idm, glitch hop, experimental electronic, electroacoustic, braindance"
    ),
    ("electronic", "distortion", "percussive"): (
        "industrial, electro industrial, noise music, ebm, harsh noise, power electronics, aggrotech, digital "
        "hardcore, industrial techno"
    ),
    ("electronic", "warm sound"): "lo fi, lofi, chillhop, vaportrap",
    ("guitar", "distortion", "drum", "percussive", "fast_decay"): (
        "metal, heavy metal, thrash metal, thrash, death metal, black metal, metalcore, punk, punk rock, pop punk, "
        "hardcore punk, speed metal, power metal, djent, grindcore, progressive metal, symphonic metal, folk metal, "
        "glam metal, hair metal, deathcore, industrial metal, hardcore, screamo, skate punk, crust punk, ska punk, "
        "melodic death metal"
    ),
    ("guitar", "distortion", "drum"): (
        "hard rock, grunge, garage rock, stoner rock, sludge, doom metal, southern rock, noise rock, alternative "
        "rock, nu metal, blues rock, acid rock, arena rock, glam rock, desert rock, heavy rock, rap rock, post "
        "grunge, emo, riot grrrl, sludge metal, stoner metal, heavy blues"
    ),
    ("guitar", "reverb", "distortion"): "shoegaze",
    ("guitar", "reverb"): (
        "surf rock, post rock, dream pop, psychedelic rock, space rock, slowcore, surf, post metal, spaghetti "
        "western, psychedelic, ethereal wave, gothic rock, ambient guitar"
    ),
    ("guitar", "drum"): (
        "rock, indie rock, rockabilly, pop rock, folk rock, country rock, classic rock, rock and roll, progressive "
        "rock, prog rock, math rock, krautrock, jangle pop, britpop, power pop, roots rock, heartland rock, art rock, "
        "post punk, funk rock, soft rock, yacht rock, latin rock, rock n roll, jam band"
    ),
    ("drum", "reverb", "bass"): "dub, dub reggae",
    ("acoustic", "drum", "bass", "guitar"): "reggae, ska, rocksteady, roots reggae, lovers rock, reggae rock",
    ("acoustic", "drum", "percussive", "bright sound"): (
        "salsa, mambo, merengue, samba, cumbia, rumba, cha cha, cha cha cha, afrobeat, calypso, soca, batucada, "
        "highlife, afro cuban, latin jazz, forro, soukous, march, son cubano, timba, guaguanco, danzon, bomba, plena, "
        "bachata, candombe, maracatu, frevo, baiao, pagode, samba reggae, mbalax, makossa, bhangra, afropop, latin "
        "dance, carnival, conga line, afro latin, latin percussion"
    ),
    ("acoustic", "bright sound"): (
        "mariachi, polka, klezmer, fanfare, big band, swing, bebop, dixieland, zydeco, ragtime, bluegrass, baroque, "
        "jig, reel, hoedown, celtic, tarantella, irish folk, old time, square dance, western swing, honky tonk, "
        "cajun, mazurka, gavotte, minuet, bourree, galop, cancan, hot jazz, jump blues, boogie woogie, charleston, "
        "circus, gypsy jazz, manouche, choro, norteno, ranchera, banda, kwela, schottische, swing jazz, hard bop, "
        "vaudeville, musical theatre, broadway, gigue, scherzo"
    ),
    ("acoustic", "percussive"): "flamenco",
    ("acoustic", "warm sound"): (
        "folk, country, americana, bossa nova, blues, smooth jazz, cool jazz, lullaby, singer songwriter, chanson, "
        "fado, ballad, nocturne, jazz ballad, soul, neo soul, hymn, serenade, appalachian, bolero, lounge, jazz "
        "lounge, tango, waltz, doo wop, easy listening, neoclassical, neo classical, impressionist, minimalist, post "
        "minimalist, chamber, indie folk, torch song, requiem, elegy, morna, soul jazz, vocal jazz, delta blues, slow "
        "blues, country blues, folk ballad, sarabande, pavane, intermezzo, barcarolle, berceuse, romance, chamber "
        "music, quiet storm, outlaw country, campfire, folk pop, chamber pop, chamber folk, folksy, bluesy, cabaret, "
        "torch ballad, funeral march, dirge, impressionistic, canzone, milonga, habanera"
    ),
    ("vocal", "warm sound", "acoustic"): (
        "gospel, worship, madrigal, gregorian chant, r&b, barbershop, soul ballad, rnb, r and b, plainsong, chorale, "
        "spirituals, contemporary christian, soul gospel"
    ),
    ("vocal", "acoustic"): (
        "opera, aria, oratorio, cantata, motet, lied, qawwali, sea shanty, shanty, carol, art song, choral music, "
        "glee, operetta"
    ),
    ("acoustic",): (
        "jazz, jazzy, classical, funk, world music, latin, traditional, indian classical, middle eastern, orchestral, "
        "motown, raga, carnatic, hindustani, arabic, turkish, persian, gagaku, medieval, renaissance, modal jazz, "
        "free jazz, jazz fusion, jazz funk, p funk, acid jazz, gnawa, contemporary classical, nordic folk, balkan, "
        "andean, hawaiian, tribal music, funky, neofolk, world fusion, concert band, post bop, vallenato"
    ),
    ("brass", "drum", "percussive", "acoustic", "bright sound"): (
        "marching band, military march, drum and bugle corps, brass march, balkan brass, new orleans brass, second line"
    ),
}
"""Genres and what they sound like: source and qualities, and an instrument where it is never missing (a metal band's guitar,
the voice of an aria)."""

FORMS: Words = {
    (): (
        "track, song, piece, tune, composition, instrumental, theme, score, soundtrack, anthem, jam, number, "
        "performance, music, mood, atmosphere, groove, cue, jingle, medley, remix, mix, production, arrangement, "
        "interlude, intro, outro, suite, movement, symphony, concerto, sonata, etude, prelude, fugue, rhapsody, "
        "overture, improvisation, genre, style, pop, indie, rhythm, texture, sequence, background, dance, trailer, "
        "cinematic, film, instrumentation, harmony, harmonies, verse, bridge, composed, recorded live, vibe, "
        "ambience, feel, playlist, opener, ditty, riff, chord progression, underscore, backdrop, commercial, video"
    ),
    ("acoustic",): "quartet, trio, duet, quintet, duo, ensemble, orchestra, band, combo, symphonic, philharmonic",
    ("string", "acoustic"): "chamber orchestra, string orchestra",
}
"""Pieces, their parts, and those who play them."""

MOODS: Words = {
    ("warm sound",): (
        "gentle, soft, softly, smooth, relaxed, relaxing, intimate, heartfelt, nostalgic, romantic, cozy, tender, "
        "soulful, emotional, sentimental, laid back, sincere, thoughtful, bittersweet, wistful, comforting, sultry, "
        "sensual, calm, calming, reverent, quiet, chill, chilled, easygoing, sweet, loving, delicate, innocent, "
        "pastoral, rustic, moody, smoky, passionate, hopeful, subtle, cool, earthy, expressive, longing, yearning, "
        "tenderness, heartwarming, homely, poignant, inviting, late night, nostalgia, mild, homey, lazy, sleepy, "
        "affectionate, humble, caring, dusky, autumnal, vulnerable, restrained, understated, compassionate, tearful, "
        "leisurely, gentleness, sweetly, tenderly, gently, warm hearted, slow dance"
    ),
    ("warm sound", "long_release"): (
        "melancholy, melancholic, somber, sombre, sorrowful, mournful, serene, tranquil, meditative, dreamy, "
        "dreamlike, soothing, solemn, spiritual, sacred, contemplative, reflective, lonely, lamenting, lament, "
        "elegiac, sad, plaintive, introspective, peaceful, hypnagogic, grieving, hushed, weightless, healing, sorrow, "
        "grief, desolate, forlorn, mourning, wistfully, prayerful, devotional, zen, stillness, tranquility, serenity, "
        "nocturnal, pensive, despairing, heartbroken, heartbreaking, tragic, woeful, bleak, sleep, dreaming, hymnal, "
        "restful, contemplation"
    ),
    ("long_release", "reverb"): (
        "ethereal, otherworldly, haunting, mystical, mysterious, eerie, celestial, cosmic, hypnotic drone, ghostly, "
        "transcendent, heavenly, ominous drone, spacey, surreal, magical, meditation, angelic, floaty, foggy, icy, "
        "underwater, spectral, mystic, enigmatic, unearthly, astral, misty, hallucinatory, trippy, enchanting, "
        "enchanted, awe inspiring, supernatural, lunar, oceanic, infinite, psychedelia, interstellar, subterranean, "
        "alien"
    ),
    ("bright sound",): (
        "lively, upbeat, energetic, joyful, happy, festive, cheerful, playful, fun, vibrant, celebratory, uplifting, "
        "triumphant, sunny, bouncy, exciting, exuberant, jubilant, catchy, optimistic, euphoric, heroic, majestic, "
        "spirited, whimsical, carefree, exhilarating, sparkly, youthful, quirky, bubbly, regal, glorious, dazzling, "
        "zesty, summery, adventurous, high energy, danceable, dynamic, sprightly, jaunty, merry, feel good, fiery, "
        "victorious, groovy, joy, joyous, cheery, happiness, excited, animated, perky, peppy, brisk, rousing, "
        "celebration, party, elated, ecstatic, gleeful, humorous, comical, goofy, sassy, ebullient, exultant, "
        "inspirational, inspiring, motivational, proud, noble, breezy, effervescent, colorful, colourful, vivacious, "
        "zany, rollicking, rowdy, frolicking, swashbuckling, buoyant, empowering, cheeky, triumph, invigorating, "
        "lighthearted, light hearted"
    ),
    ("distortion",): (
        "heavy, aggressive, fierce, brutal, menacing, chaotic, harsh, furious, angry, savage, ferocious, rebellious, "
        "crushing, violent, vicious, rage, raging, hostile, hellish, apocalyptic, demonic, punishing, anarchic, "
        "unhinged, defiant, thrashing, warlike"
    ),
}
"""Moods: gentle ones are heard as warm, sad and devotional ones besides as slow to fade, unearthly ones as far away (slow to
fade, with reverb), lively ones as bright, fierce ones as distorted."""

PLAIN = (
    "intense, epic, thrilling, powerful, confident, determined, urgent, seductive, sophisticated, anticipation, "
    "ambitious, bold, nuanced, dreadful, mature, elegant, sexy, swaggering, swagger, tension, exotic, primal, ritual, "
    "stately, ceremonial, graceful"
)
"""Moods that say nothing about the sound."""

SOMBRE = (
    "dark, tense, suspenseful, ominous, dramatic, sinister, gloomy, brooding, futuristic, hypnotic, cold, mechanical, "
    "edgy, gothic, unsettling, foreboding, aggressive, menacing, mysterious, eerie, haunting, industrial, bleak, "
    "grim, macabre, evil, spooky, creepy, dystopian, apocalyptic, doom, anxious"
)
"""Words that speak against a bright sound, and in an electronic piece against a warm one. So "dark" is no warm sound here: GPT
calls neither a dark mood nor a dark synthesizer warm."""

SOUND_DESIGN = "texture, sound design, experimental, abstract, avant garde, modular"
"""Words that make the sounds of an electronic piece synthetic."""

PACES: Words = {
    ("long_release", "warm sound"): (
        "slow, slowly, largo, adagio, lento, unhurried, slow paced, slow motion, gradual, glacial, rubato, slow "
        "tempo, larghetto, slow burn, plodding, languid, lethargic, slow groove, crawling"
    ),
    ("fast_decay", "bright sound"): (
        "fast, virtuosic, presto, frenetic, frantic, furious pace, breakneck, uptempo, up tempo, high tempo, fast "
        "paced, vivace, allegro, quick, prestissimo, lightning fast, racing, galloping, rushing, high speed, swift, "
        "hectic, hyperactive"
    ),
}
"""Words of pace: slow notes ring, fast ones are short."""

LARGO, ADAGIO, ANDANTE, DANCE, ALLEGRO, PRESTO = 66.0, 76.0, 90.0, 100.0, 116.0, 150.0
"""Tempi in beats per minute that are hints. Up to LARGO notes ring on; up to ADAGIO the sound is warm; below ANDANTE it is not
bright, from ALLEGRO on it is; from PRESTO on notes are short. Electronic drums from DANCE on are locked to their tempo."""
