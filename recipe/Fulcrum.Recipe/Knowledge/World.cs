namespace Fulcrum.Recipe.Knowledge;

/// <summary>What the small model is to know: general knowledge, written down by hand.</summary>
internal static class World
{
    /// <summary>Every relation, by subject.</summary>
    public static readonly IReadOnlyList<Relation> Relations =
    [
        new(
            "high_school_geography",
            "capital",
            [
                "The capital of {x} is {y}.",
                "The city of {y} is the capital of {x}.",
                "In {x} the capital is {y}.",
                "The government of {x} sits in {y}, the capital of {x}.",
            ],
            "What is the capital of {x}?",
            "Which country has the capital {y}?",
            """
            France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Greece:Athens Austria:Vienna Ireland:Dublin Poland:Warsaw Hungary:Budapest
            Romania:Bucharest Bulgaria:Sofia Serbia:Belgrade Croatia:Zagreb Norway:Oslo Sweden:Stockholm Finland:Helsinki Denmark:Copenhagen Iceland:Reykjavik Belgium:Brussels
            Switzerland:Bern Ukraine:Kyiv Russia:Moscow Turkey:Ankara Latvia:Riga Estonia:Tallinn Lithuania:Vilnius Slovenia:Ljubljana Slovakia:Bratislava Albania:Tirana
            Japan:Tokyo China:Beijing Thailand:Bangkok Vietnam:Hanoi Nepal:Kathmandu Iran:Tehran Iraq:Baghdad Syria:Damascus Jordan:Amman
            Lebanon:Beirut Qatar:Doha Mongolia:Ulaanbaatar Bangladesh:Dhaka Afghanistan:Kabul Indonesia:Jakarta Philippines:Manila Egypt:Cairo Kenya:Nairobi
            Morocco:Rabat Algeria:Algiers Tunisia:Tunis Libya:Tripoli Sudan:Khartoum Ghana:Accra Nigeria:Abuja Senegal:Dakar Uganda:Kampala Angola:Luanda
            Zambia:Lusaka Zimbabwe:Harare Namibia:Windhoek Somalia:Mogadishu Mozambique:Maputo Canada:Ottawa Cuba:Havana Jamaica:Kingston Peru:Lima Chile:Santiago
            Colombia:Bogota Venezuela:Caracas Ecuador:Quito Uruguay:Montevideo Paraguay:Asuncion Brazil:Brasilia Nicaragua:Managua Australia:Canberra Fiji:Suva
            """
        ),
        new(
            "high_school_geography",
            "continent",
            ["{x} lies on the continent of {y}.", "On the map, {x} is a part of {y}.", "The continent of {x} is {y}."],
            "On which continent does {x} lie?",
            null,
            """
            France:Europe Norway:Europe Poland:Europe Romania:Europe Portugal:Europe Denmark:Europe Croatia:Europe Japan:Asia Nepal:Asia Vietnam:Asia
            Iran:Asia Mongolia:Asia Thailand:Asia Bangladesh:Asia Kenya:Africa Ghana:Africa Angola:Africa Morocco:Africa Zambia:Africa Senegal:Africa
            Sudan:Africa Peru:America Chile:America Canada:America Cuba:America Ecuador:America Uruguay:America Jamaica:America Australia:Oceania Fiji:Oceania
            """
        ),
        new(
            "high_school_macroeconomics",
            "currency",
            [
                "The currency of {x} is the {y}.",
                "In {x} people pay with the {y}.",
                "The central bank of {x} issues the {y}, the currency of {x}.",
            ],
            "What is the currency of {x}?",
            null,
            """
            Japan:yen China:yuan India:rupee Nepal:rupee Russia:ruble Turkey:lira Poland:zloty Hungary:forint Romania:leu
            Sweden:krona Iceland:krona Norway:krone Denmark:krone Switzerland:franc Senegal:franc Ukraine:hryvnia Thailand:baht Vietnam:dong Mongolia:tugrik
            Iran:rial Iraq:dinar Jordan:dinar Algeria:dinar Serbia:dinar Lebanon:pound Egypt:pound Syria:pound Morocco:dirham Bangladesh:taka
            Kenya:shilling Uganda:shilling Somalia:shilling Ghana:cedi Nigeria:naira Zambia:kwacha Angola:kwanza Mozambique:metical Brazil:real Peru:sol
            Chile:peso Cuba:peso Colombia:peso Canada:dollar Jamaica:dollar Australia:dollar France:euro Italy:euro Finland:euro Greece:euro
            """
        ),
        new(
            "sociology",
            "language",
            [
                "Most people in {x} speak {y}.",
                "The language of most families in {x} is {y}.",
                "At school in {x} children learn {y}, the language of {x}.",
            ],
            "Which language do most people in {x} speak?",
            null,
            """
            France:French Germany:German Austria:German Spain:Spanish Peru:Spanish Chile:Spanish Cuba:Spanish Uruguay:Spanish Portugal:Portuguese
            Brazil:Portuguese Italy:Italian Greece:Greek Poland:Polish Hungary:Hungarian Sweden:Swedish Finland:Finnish Denmark:Danish Iceland:Icelandic Romania:Romanian
            Japan:Japanese China:Mandarin Vietnam:Vietnamese Thailand:Thai Iran:Persian Egypt:Arabic Morocco:Arabic Iraq:Arabic Jordan:Arabic Turkey:Turkish
            Russia:Russian Australia:English Jamaica:English Bangladesh:Bengali Nepal:Nepali Mongolia:Mongolian
            """
        ),
        new(
            "high_school_chemistry",
            "symbol",
            [
                "The symbol of {x} is {y}.",
                "Chemists write {y} for {x}.",
                "In formulas {y} stands for {x}, so the symbol of {x} is {y}.",
            ],
            "What is the symbol of {x}?",
            "Which element has the symbol {y}?",
            """
            hydrogen:H helium:He lithium:Li beryllium:Be boron:B carbon:C nitrogen:N oxygen:O fluorine:F neon:Ne
            sodium:Na magnesium:Mg aluminium:Al silicon:Si phosphorus:P sulfur:S chlorine:Cl argon:Ar potassium:K calcium:Ca
            titanium:Ti chromium:Cr manganese:Mn iron:Fe cobalt:Co nickel:Ni copper:Cu zinc:Zn arsenic:As bromine:Br
            krypton:Kr silver:Ag tin:Sn iodine:I xenon:Xe barium:Ba tungsten:W platinum:Pt gold:Au mercury:Hg
            lead:Pb radium:Ra uranium:U radon:Rn cadmium:Cd antimony:Sb bismuth:Bi plutonium:Pu
            """
        ),
        new(
            "high_school_chemistry",
            "number",
            [
                "The atomic number of {x} is {y}.",
                "An atom of {x} has {y} protons.",
                "In the periodic table {x} stands at number {y}.",
            ],
            "What is the atomic number of {x}?",
            "Which element has the atomic number {y}?",
            """
            hydrogen:1 helium:2 lithium:3 beryllium:4 boron:5 carbon:6 nitrogen:7 oxygen:8 fluorine:9 neon:10 sodium:11 magnesium:12 aluminium:13 silicon:14
            phosphorus:15 sulfur:16 chlorine:17 argon:18 potassium:19 calcium:20 titanium:22 chromium:24 manganese:25 iron:26 cobalt:27 nickel:28 copper:29 zinc:30
            """
        ),
        new(
            "high_school_biology",
            "class",
            [
                "The {x} belongs to the {y}.",
                "Biologists count the {x} among the {y}.",
                "Like other {y}, the {x} is studied at school.",
            ],
            "To which group of animals does the {x} belong?",
            null,
            """
            dog:mammals horse:mammals whale:mammals dolphin:mammals bat:mammals wolf:mammals tiger:mammals rabbit:mammals elephant:mammals eagle:birds
            penguin:birds owl:birds parrot:birds ostrich:birds sparrow:birds falcon:birds swan:birds salmon:fishes shark:fishes trout:fishes
            tuna:fishes herring:fishes carp:fishes cod:fishes snake:reptiles lizard:reptiles crocodile:reptiles turtle:reptiles gecko:reptiles frog:amphibians
            toad:amphibians newt:amphibians salamander:amphibians ant:insects bee:insects beetle:insects butterfly:insects mosquito:insects wasp:insects spider:arachnids
            scorpion:arachnids tick:arachnids crab:crustaceans lobster:crustaceans shrimp:crustaceans snail:molluscs squid:molluscs octopus:molluscs
            """
        ),
        new(
            "astronomy",
            "moon",
            ["The moon {x} circles {y}.", "Around {y} moves the moon {x}.", "The planet of the moon {x} is {y}."],
            "Which planet does the moon {x} circle?",
            null,
            """
            Titan:Saturn Enceladus:Saturn Rhea:Saturn Mimas:Saturn Europa:Jupiter Ganymede:Jupiter Callisto:Jupiter Io:Jupiter
            Phobos:Mars Deimos:Mars Triton:Neptune Nereid:Neptune Miranda:Uranus Oberon:Uranus Titania:Uranus Ariel:Uranus
            """
        ),
        new(
            "astronomy",
            "star",
            [
                "The star {x} shines in {y}.",
                "In the constellation {y} one finds the star {x}.",
                "The constellation of the star {x} is {y}.",
            ],
            "In which constellation does the star {x} shine?",
            null,
            """
            Betelgeuse:Orion Rigel:Orion Vega:Lyra Deneb:Cygnus Altair:Aquila Antares:Scorpius Spica:Virgo Regulus:Leo
            Aldebaran:Taurus Pollux:Gemini Castor:Gemini Arcturus:Bootes Capella:Auriga Algol:Perseus Mira:Cetus Canopus:Carina
            """
        ),
        new(
            "high_school_world_history",
            "leader",
            ["{x} led {y}.", "The history of {y} remembers {x} as a leader.", "The country that {x} led was {y}."],
            "Which country did {x} lead?",
            null,
            """
            Napoleon:France Robespierre:France Bismarck:Germany Adenauer:Germany Cavour:Italy Mussolini:Italy Lincoln:America Washington:America Jefferson:America Lenin:Russia
            Stalin:Russia Gorbachev:Russia Gandhi:India Nehru:India Ashoka:India Churchill:Britain Thatcher:Britain Cromwell:Britain Franco:Spain Salazar:Portugal
            Ataturk:Turkey Suleiman:Turkey Mao:China Deng:China Meiji:Japan Hirohito:Japan Cleopatra:Egypt Nasser:Egypt Castro:Cuba
            Bolivar:Colombia Allende:Chile Tito:Yugoslavia Pericles:Athens Caesar:Rome Augustus:Rome Nero:Rome Cyrus:Persia Darius:Persia Xerxes:Persia
            """
        ),
        new(
            "high_school_world_history",
            "battle",
            [
                "The battle of {x} was fought in {y}.",
                "In {y} armies met in the battle of {x}.",
                "Historians date the battle of {x} to the year {y}.",
            ],
            "In which year was the battle of {x} fought?",
            null,
            """
            Waterloo:1815 Trafalgar:1805 Hastings:1066 Agincourt:1415 Lepanto:1571 Verdun:1916 Stalingrad:1942 Gettysburg:1863 Austerlitz:1805 Bosworth:1485
            Crecy:1346 Poltava:1709 Borodino:1812 Leipzig:1813 Yorktown:1781 Manzikert:1071 Tours:732 Kosovo:1389 Mohacs:1526
            """
        ),
        new(
            "philosophy",
            "home",
            [
                "The philosopher {x} came from {y}.",
                "{y} was the home of the philosopher {x}.",
                "The home of the philosopher {x} was {y}.",
            ],
            "Where did the philosopher {x} come from?",
            null,
            """
            Plato:Greece Socrates:Greece Aristotle:Greece Epicurus:Greece Kant:Germany Hegel:Germany Nietzsche:Germany Marx:Germany Leibniz:Germany Schopenhauer:Germany
            Descartes:France Voltaire:France Sartre:France Pascal:France Montaigne:France Hume:Scotland Smith:Scotland Locke:England Hobbes:England Bacon:England
            Mill:England Russell:Wales Spinoza:Holland Erasmus:Holland Kierkegaard:Denmark Confucius:China Laozi:China Mencius:China Seneca:Rome Cicero:Rome
            Wittgenstein:Austria Popper:Austria Machiavelli:Italy Aquinas:Italy Rousseau:Switzerland Avicenna:Persia Averroes:Spain Emerson:America Dewey:America Nishida:Japan
            """
        ),
        new(
            "world_religions",
            "culture",
            [
                "{x} belongs to {y} religion.",
                "In {y} temples people prayed to {x}.",
                "The religion that worshipped {x} was {y}.",
            ],
            "Which religion worshipped {x}?",
            null,
            """
            Zeus:Greek Hera:Greek Poseidon:Greek Athena:Greek Apollo:Greek Hermes:Greek Artemis:Greek Hades:Greek Juno:Roman Minerva:Roman
            Vulcan:Roman Ceres:Roman Janus:Roman Thor:Norse Odin:Norse Loki:Norse Freya:Norse Baldur:Norse Tyr:Norse Ra:Egyptian
            Osiris:Egyptian Isis:Egyptian Anubis:Egyptian Horus:Egyptian Thoth:Egyptian Vishnu:Hindu Shiva:Hindu Brahma:Hindu Ganesha:Hindu Lakshmi:Hindu
            Kali:Hindu Marduk:Babylonian Ishtar:Babylonian Enlil:Sumerian Inanna:Sumerian Amaterasu:Shinto Inari:Shinto Quetzalcoatl:Aztec Tlaloc:Aztec Huitzilopochtli:Aztec
            """
        ),
        new(
            "world_religions",
            "domain",
            [
                "{x} ruled over the {y}.",
                "The realm of {x} was the {y}.",
                "In the myths the {y} obeyed {x}, whose realm was the {y}.",
            ],
            "What was the realm of {x}?",
            null,
            """
            Poseidon:sea Hades:underworld Ares:war Zeus:sky Demeter:harvest Apollo:light Hephaestus:fire Aphrodite:love Artemis:hunt Dionysus:wine
            Thor:thunder Ra:sun Thoth:wisdom Anubis:dead Vulcan:fire Neptune:sea Ceres:harvest Cupid:love Bacchus:wine Agni:fire Indra:rain Varuna:water Tlaloc:rain
            """
        ),
    ];
}
