using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Choice;

/// <summary>How replies announce their choice, in English and the other languages of multiple-choice tasks.</summary>
internal static partial class ChoicePatterns
{
    private const RegexOptions Any = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;
    private const int Limit = 2000;

    private const string Nouns =
        "(?:answers?|choice|option|solution|letter|response|alternative|conclusion|pick|selection"
        + "|resposta|alternativa|opção|letra|gabarito"
        + "|respuesta|opción|réponse|antwort|risposta|ответ|答案|答え|正解|정답)";

    private const string Links =
        @"(?:(?:is|was|are|(?:would|should|must|will|could|has\sto|seems\sto|appears\sto)\sbe|é|es|est|ist|è"
        + @"|seria|sería|serait|是|为|為|は|은|는)(?![\p{L}\p{N}])"
        + "|[是为為は은는]|[:=→➜⇒>–—-])";

    private const string Fillers =
        @"(?:(?:therefore|thus|hence|clearly|definitely|probably|likely|most|indeed|simply|actually|still|then"
        + @"|now|obviously|certainly|the|a|la|el|letter|option|choice|answer"
        + @"|letra|alternativa|opção|opción|lettre|buchstabe|number|correct|best|one|just)\b[,:]?\s*)*";

    // Chinese, Japanese and Korean are written without spaces between words.
    private const string Free = @"(?<![\p{L}\p{N}-[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]])";

    private const string Letter =
        @"[""'“‘(\[{<]*"
        + Free
        + @"(?<letter>[A-Z])(?![\p{L}\p{N}_-[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]]|['’]\p{L}|[-+#][\p{L}\p{N}])";

    /// <summary>The announcements that end in a letter, or begin with one.</summary>
    public static readonly Regex[] Announcements =
    [
        Answer(),
        AnswerDirectly(),
        Correct(),
        Chosen(),
        It(),
        Short(),
        NotBut(),
    ];

    // "the (correct) answer (to the question) is (therefore) (option) C"
    [GeneratedRegex(
        Free
            + Nouns
            + @"(?:\s+(?:corret[ao]|cert[ao]|correct[ao]|final|correcte|exact[ao]?))?(?:\s+(?:to|for|of|in"
            + @"|here)\b[^.:;\n]{0,80}?)?[""'”)\]]*\s*(?:"
            + Links
            + @"\s*)+"
            + Fillers
            + Letter,
        Any,
        Limit
    )]
    private static partial Regex Answer();

    // "answer C."
    [GeneratedRegex(
        @"(?<![\p{L}\p{N}])(?:answer|resposta|respuesta|antwort)\s+" + Letter + @"(?=[\])""'.,;:!]|\s*(?:\n|\z))",
        Any,
        Limit
    )]
    private static partial Regex AnswerDirectly();

    // "(option) B(, Rome,) is (the) correct", "D is my answer"
    [GeneratedRegex(
        @"(?<![\p{L}\p{N}'’])(?<!\b(?:and|or|nor|neither|not|than)\s+)(?:(?-i:(?<letter>[A-Z]))"
            + @"|\((?<letter>[A-Za-z])\)|(?<=\b(?:option|choice|answer|letter|alternativa|opção"
            + @"|opción)\s)(?<letter>[A-Z]))(?![\p{L}\p{N}'’_])[)\]""'”]*"
            + @"(?:\s*[.,:(–—-]\s*[^\n.;()]{1,80}?[),]?)?\s+(?:is|would\sbe|should\sbe|must\sbe|seems|appears"
            + @"|looks|está|é|es)\s+(?:to\sbe\s+)?"
            + @"(?:(?:the|my|our|a|la|clearly|definitely|probably|therefore|thus|indeed|most|more|likely|only"
            + @"|single|obviously)\s+)*"
            + @"(?:correct|right|best|answer|true|final|choice|appropriate|accurate|suitable|option\sthat"
            + @"|corret[ao]|cert[ao]|correct[ao]|respuesta|resposta|alternativa\scorreta)\b",
        Any,
        Limit
    )]
    private static partial Regex Correct();

    // "I choose C", "I would go with option B"
    [GeneratedRegex(
        @"\b(?:choose|chose|choosing|pick|picked|select|selected|selecting|go\swith|going\swith|went\swith"
            + @"|opt\sfor|vote\sfor|guess|conclude|think|believe|say|settle\son|escolho|elijo)\s+"
            + @"(?:that\s+)?(?:it(?:'s|’s|\sis)\s+|is\s+)?"
            + Fillers
            + Letter,
        Any,
        Limit
    )]
    private static partial Regex Chosen();

    // "it's C.", "so, B.", "it must be D"
    [GeneratedRegex(
        @"\b(?:it(?:'s|’s|\sis|\smust\sbe|\shas\sto\sbe|\sshould\sbe|\swould\sbe)|that(?:'s|’s|\sis)|this\sis"
            + @"|so|no|therefore|thus|hence|must\sbe|leaves(?:\sus\swith)?|definitely|probably|por(?:tanto"
            + @"|\sisso)),?\s*:?\s+"
            + @"(?:(?:option|choice|letter|answer|the)\s+)*"
            + Letter
            + @"(?=[\])}""'”]*(?:[.,;:!]|\s*(?:\n|\z)|\s+(?:because|since|as|for)\b))",
        Any,
        Limit
    )]
    private static partial Regex It();

    // "A: C" and "Ans. C" as a line of their own
    [GeneratedRegex(@"(?:^|\n)[ \t]*(?:A|Ans)[ \t]*[:.][ \t]*" + Letter + @"[)\]""'.]*[ \t]*(?=\n|\z)", Any, Limit)]
    private static partial Regex Short();

    // "not A but (rather) C"
    [GeneratedRegex(
        @"\bnot\s+(?:option\s+)?[""'(\[]*[A-Z][)\]""']*,?\s+but\s+(?:rather\s+|instead\s+)?" + Fillers + Letter,
        Any,
        Limit
    )]
    private static partial Regex NotBut();

    /// <summary>An announcement, and what follows it on the line.</summary>
    [GeneratedRegex(
        Free
            + Nouns
            + @"(?:\s+(?:corret[ao]|cert[ao]|correct[ao]|final|correcte|exact[ao]?))?(?:\s+(?:to|for|of|in"
            + @"|here)\b[^.:;\n]{0,80}?)?[""'”)\]]*\s*(?:"
            + Links
            + @"\s*)+(?<rest>[^\n]{1,300})",
        Any,
        Limit
    )]
    public static partial Regex Announcement();

    /// <summary>A tag or a field of JSON that holds the answer.</summary>
    [GeneratedRegex(
        @"<(?<name>answer|final_answer|final|choice|option|result|ans)>\s*(?<inside>[^<>]{1,300}?)\s*(?:</\k<name>>|\z)"
            + @"|\[(?<name>ANSWER|ANS)\]\s*(?<inside>[^\[\]]{1,300}?)\s*(?:\[/\k<name>\]|\z)"
            + @"|[""'](?:(?:final|correct|my|selected)?[_ ]?(?:answer|choice|option|letter)|prediction|response"
            + @"|result|resposta)[""']\s*:\s*(?:\[\s*)?[""']?(?<inside>[^""'\n{}\[\]]{1,300}?)\s*[""']?\s*[,}\]\n]",
        Any,
        Limit
    )]
    public static partial Regex Field();

    /// <summary>A letter by itself at the beginning: "B", "B.", "(B)", "b) Rome"; not "A dog".</summary>
    [GeneratedRegex(
        @"\A[\s""'“(\[]*(?:option\s+|answer\s+)?[""'“(\[]*(?:(?<letter>[A-Z])(?=[.):,;\]}""'”]|\s*(?:\n|\z)"
            + @"|\s+[–—-]\s|\s+(?:because|since|as|due|given)\b)|(?<letter>[a-z])(?=[)\]]|[.:](?:\s|\z)|\s*(?:\n|\z)))",
        RegexOptions.CultureInvariant,
        Limit
    )]
    public static partial Regex Lead();

    /// <summary>A letter that heads an option: "A. Paris", "(B) Rome".</summary>
    [GeneratedRegex(@"(?<![\p{L}\p{N}])\(?(?<letter>[A-Z])[).:]\s", RegexOptions.CultureInvariant, Limit)]
    public static partial Regex Listed();

    /// <summary>A mention of an option by its letter.</summary>
    [GeneratedRegex(
        @"(?<![\p{L}\p{N}])(?:option|choice|answer|letter|alternativa|opção|opción|letra)\s+" + Letter,
        Any,
        Limit
    )]
    public static partial Regex Mention();

    /// <summary>A line that is a letter alone.</summary>
    [GeneratedRegex(
        @"\A[\s""'“(\[#>•–—-]*(?:\d{1,2}[.)]\s*)?(?:(?:the\s+)?(?:final\s+)?(?:answer|option"
            + @"|choice)\s*)?[""'“(\[]*(?<letter>[A-Z])[)\]""'”.:!\s]*\z",
        Any,
        Limit
    )]
    public static partial Regex Alone();

    /// <summary>A content that is a letter, with an option's text after it or not.</summary>
    [GeneratedRegex(
        @"\A[\s""'“(\[{]*(?:option|choice|answer"
            + @"|letter)?[\s""'“(\[{]*(?<letter>[A-Z])(?![\p{L}\p{N}'’])[)\]}""'”.,:;!\s–—-]*(?<rest>.*)\z",
        Any | RegexOptions.Singleline,
        Limit
    )]
    public static partial Regex WholeLetter();

    /// <summary>Behind a letter: a question, or words that deny it.</summary>
    [GeneratedRegex(
        @"\A[)\]""'”]*\s*(?:\?|(?:(?:is|are|was|would\sbe|seems|looks|can|could)\s+(?:(?:clearly|definitely"
            + @"|probably|also|therefore|obviously|certainly|simply|the)\s+)*(?:not\b|wrong|incorrect|false"
            + @"|never|unlikely|impossible)|isn['’]t|can['’]t|cannot|wouldn['’]t|does\snot|doesn['’]t)"
            + @"|:?\s*(?:no|wrong|incorrect|false)\b)",
        Any,
        Limit
    )]
    public static partial Regex Denied();

    /// <summary>Behind a letter: another one beside it.</summary>
    [GeneratedRegex(
        @"\A[)\]""'”]*\s*(?:(?:,|/|&|\bor\b|\band\b|\bou\b|\boder\b|\bund\b"
            + @"|\by\b)\s*)+(?:option\s+)?[""'(\[]*(?-i:(?<other>[A-Z]))(?![\p{L}\p{N}])(?=[)\]""'”]*"
            + @"(?:\s*[.,;:!?/&]|\s*(?:\n|\z)|\s+(?:or|and|ou|are|could|may|might|both)\b))",
        Any,
        Limit
    )]
    public static partial Regex Another();

    /// <summary>Before a statement: words that deny it.</summary>
    [GeneratedRegex(
        @"(?:\bnot|n['’]t|\bnever|\bneither|\bnor|\bwrong|\bincorrect|\bworst|\bcannot|\brather\sthan"
            + @"|\binstead\sof)(?:\s+(?:the|be|an?|say|think|to))*\s*\z",
        Any,
        Limit
    )]
    public static partial Regex Negation();

    /// <summary>An article or "option" at the beginning of words.</summary>
    [GeneratedRegex(
        @"\A(?:the|a|an|option|probably|most likely|definitely|clearly)\s+",
        RegexOptions.CultureInvariant,
        Limit
    )]
    public static partial Regex Article();

    /// <summary>What may follow a letter that could also be a word.</summary>
    [GeneratedRegex(
        @"\A[)\]}""'”]*(?:\s*(?:\z|\n|[.,;:!)\]}(<\\–—=-])|\s+(?:because|since|as|for|due|which|based|given"
            + @"|and|but|is|porque|pois|parce|weil|car)\b)",
        Any,
        Limit
    )]
    public static partial Regex LetterEnd();
}
