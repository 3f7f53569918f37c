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
