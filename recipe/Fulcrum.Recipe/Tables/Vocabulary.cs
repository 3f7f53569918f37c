namespace Fulcrum.Recipe.Tables;

/// <summary>The words that databases are made of: plain English nouns, each of them one token.</summary>
internal static class Vocabulary
{
    /// <summary>Names of text columns with the values they hold.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> TextColumns = Lines(
        """
        name: Anna Ben Carl Dora Emma Felix Greta Hugo Ida Jack Kate Leo Mary Nora Oscar Paul Rosa Sam Tom Vera Will Zoe Max Ruth Otto Lena
        city: Paris Berlin Rome Madrid Lisbon Vienna Dublin Warsaw Oslo Tokyo Cairo Lima
        country: France Germany Italy Spain Poland Norway Japan Egypt Peru Chile
        color: red blue green yellow black white brown gray
        material: wood stone glass steel paper cotton leather clay
        season: spring summer autumn winter
        shape: round square flat long
        style: modern classic simple rustic
        status: open closed ready broken
        genre: drama comedy jazz rock poetry
        weather: sunny rainy windy cloudy
        day: monday tuesday friday sunday
        month: april june july august
        flavor: sweet sour salty bitter
        quality: good fair poor perfect
        direction: north south east west
        subject: history music biology physics
        sport: tennis soccer hockey golf
        meal: breakfast lunch dinner supper
        brand: Nova Astra Delta Omega
        """
    );

    /// <summary>Names of number columns.</summary>
    public static readonly IReadOnlyList<string> NumberColumns = Words(
        "age price weight height length width depth speed score rank cost points pages seats stock salary power volume distance size"
    );

    /// <summary>Names of tables, those of the miniature databases among them.</summary>
    public static readonly IReadOnlyList<string> TableNames = Words(
        """
        owner pet author book school student club player hotel room shop shirt farm cow valley bridge airline plane museum painting doctor patient company worker
        band song park tree port ship bakery cake factory machine county village teacher course ranch pony cinema film garden flower bank loan driver car
        island beach chef dish mountain trail king castle lake boat tower bell market fruit office desk court judge studio actor kitchen oven forest deer
        station train garage wheel palace guard
        """
    );

    /// <summary>Numbers that conditions compare with.</summary>
    public static readonly IReadOnlyList<int> Numbers = [.. Enumerable.Range(2, 17).Select(n => 5 * n)];

    /// <summary>Every word that can name something.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. TableNames, .. NumberColumns, .. TextColumns.Keys];

    /// <summary>Every value of a text column.</summary>
    public static IReadOnlyList<string> Values { get; } = [.. TextColumns.Values.SelectMany(v => v).Distinct()];

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static Dictionary<string, string[]> Lines(string text) =>
        text.Split('\n').ToDictionary(l => l.Split(':')[0].Trim(), l => Words(l.Split(':')[1]));
}
