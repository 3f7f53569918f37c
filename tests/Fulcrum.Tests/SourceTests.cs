using System.Text.RegularExpressions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Rules for the text of <c>src</c> that no compiler holds.</summary>
public sealed partial class SourceTests
{
    private const int LongestFile = 300;

    // Larger files, to be split: the list only gets shorter.
    private static readonly string[] Large =
    [
        "DecodeAttention.cs",
        "LoraTrainer.cs",
        "Nf4Weight.cs",
        "PatternTranslation.cs",
        "CompareCommand.cs",
        "RequestFiles.cs",
        "RowKernels.cs",
        "SafetensorsFile.cs",
        "SmallBatchMatmul.cs",
        "TemplateEvaluator.cs",
        "TemplateExpressionParser.cs",
        "TemplateFilters.cs",
        "TemplateFormat.cs",
        "TemplateLexer.cs",
        "TemplateMethods.cs",
        "TemplateParser.cs",
        "TemplateText.cs",
        "TemplateValues.cs",
    ];

    // Literals that equal a name of a closed set by their nature, and why.
    private static readonly Dictionary<string, string> Literals = new()
    {
        ["TradeOffFigure.cs"] = "words for the serving modes that older run folders name",
    };

    [Fact]
    public void No_file_is_longer_than_300_lines_except_the_listed_ones()
    {
        string[] longer =
        [
            .. Sources()
                .Where(s => s.Text.Count(c => c == '\n') > LongestFile)
                .Select(s => s.Name)
                .Where(n => !Large.Contains(n)),
        ];

        Assert.Empty(longer);
    }

    [Fact]
    public void No_line_is_longer_than_120_columns()
    {
        string[] longer =
        [
            .. from source in Sources()
            from line in source.Text.Split('\n')
            where line.Length > 120
            select $"{source.Name}: {line.Trim()}",
        ];

        Assert.Empty(longer);
    }

    /// <remarks>Names of one word, such as <c>none</c>, occur in other meanings. Only names with a hyphen are checked.
    /// </remarks>
    [Fact]
    public void No_literal_of_a_closed_set_is_outside_of_its_enum()
    {
        (string Name, string Text)[] sources = [.. Sources()];
        HashSet<string> names =
        [
            .. sources
                .SelectMany(s => MemberName().Matches(s.Text))
                .Select(m => m.Groups[1].Value)
                .Where(n => n.Contains('-')),
        ];
        string[] outside =
        [
            .. from source in sources
            where !Literals.ContainsKey(source.Name)
            let text = MemberName().Replace(source.Text, "")
            from name in names
            where text.Contains($"\"{name}\"", StringComparison.Ordinal)
            select $"{source.Name}: {name}",
        ];

        Assert.Empty(outside);
    }

    private static IEnumerable<(string Name, string Text)> Sources() =>
        Directory
            .EnumerateFiles(Path.Combine(SharedData.Project, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => (Path.GetFileName(f), File.ReadAllText(f)));

    [GeneratedRegex(@"JsonStringEnumMemberName\(""([^""]+)""\)")]
    private static partial Regex MemberName();
}
