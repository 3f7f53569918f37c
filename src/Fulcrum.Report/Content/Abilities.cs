using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>Names of abilities in the language of the report.</summary>
internal static class Abilities
{
    /// <summary>Returns the ability of a row with its tasks: <c>reading (boolq)</c>.</summary>
    public static string Row(AbilityRow row, Words words) =>
        $"{Name(row.Name, words)} ({string.Join(", ", row.Tasks)})";

    /// <summary>The names of the columns of the ability profile.</summary>
    public static string[] Heads(Words words) =>
        [
            words.Say("ability", "habilidade"),
            words.Say("before", "antes"),
            words.Say("after", "depois"),
            words.Say("difference, points (95%)", "diferença, pontos (95%)"),
            words.Say("within the margin", "dentro da margem"),
        ];

    /// <summary>The cells of a row.</summary>
    public static string[] Cells(AbilityRow row, Words words) =>
        [
            Row(row, words),
            words.Percent(row.Before),
            words.Percent(row.After),
            words.Change(row.Difference),
            row.WithinMargin ? words.Say("yes", "sim") : words.Say("not shown", "não demonstrado"),
        ];

    private static string Name(string name, Words words) =>
        Enum.GetValues<Ability>().Where(a => EnumNames.Of(a) == name).Select(a => Portuguese(a)).FirstOrDefault()
            is { } portuguese
            ? words.Say(name, portuguese)
            : words.Say($"{name}, mean", $"{name}, média");

    private static string Portuguese(Ability ability) =>
        ability switch
        {
            Ability.Knowledge => "conhecimento",
            Ability.Reasoning => "raciocínio",
            Ability.Arithmetic => "aritmética",
            Ability.Instructions => "instruções",
            Ability.Truthfulness => "veracidade",
            Ability.Reading => "leitura",
            Ability.Language => "linguagem",
            _ => "segurança",
        };
}
