using System.Globalization;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters that apply a filter, a test or an attribute to each item.</content>
internal static partial class TemplateFilters
{
    // These filters give nothing for every false value, also for one that cannot have items, such as 0.
    private static List<object?> ItemsIfTrue(object? value, FilterCall call) =>
        IsTrue(value) ? Items(value, call.Line) : [];

    // The arguments of map are not checked if there is nothing to map.
    private static TemplateGenerator Mapped(object? value, FilterCall call) =>
        new(IsTrue(value) ? Items(value, call.Line).Select(MappingOf(call)) : []);

    private static TemplateGenerator Selected(object? value, FilterCall call, bool keep) =>
        new(ItemsIfTrue(value, call).Where(item => Passes(call, item, testPlace: 0) == keep));

    private static TemplateGenerator SelectedByAttribute(object? value, FilterCall call, bool keep) =>
        new(
            ItemsIfTrue(value, call)
                .Where(item =>
                {
                    object attribute =
                        call.Argument(0, "attribute") ?? throw call.Error("Missing parameter for attribute name");
                    return Passes(call, AttributeReader(attribute)(item), testPlace: 1) == keep;
                })
        );

    // Returns the function that map applies to each item: an attribute, or another filter.
    private static Func<object?, object?> MappingOf(FilterCall call)
    {
        if (call.Positional.Count == 0 && call.Named.TryGetValue("attribute", out object? attribute))
        {
            Func<object?, object?> read = AttributeReader(attribute);
            return call.Named.TryGetValue("default", out object? missing)
                ? item => read(item) is var found and not TemplateUndefined ? found : missing
                : read;
        }

        string name =
            call.Positional.Count > 0 ? Text(call.Positional[0]) : throw call.Error("map requires a filter argument");
        if (!Names.Contains(name))
        {
            throw call.Error($"No filter named {TemplateText.Quote(name)}.");
        }

        FilterCall inner = call with { Name = name, Positional = [.. call.Positional.Skip(1)] };
        return item =>
        {
            TemplateSize.Tick(call.Line);
            return Apply(inner, item);
        };
    }

    /// <summary>Returns whether a value passes the test that the call names. Without a name it passes if it is
    /// true.</summary>
    /// <param name="testPlace">The place of the test's name among the arguments. Those after it are the test's
    /// own.</param>
    private static bool Passes(FilterCall call, object? value, int testPlace)
    {
        TemplateSize.Tick(call.Line);
        if (call.Positional.Count <= testPlace)
        {
            return IsTrue(value);
        }

        string test = Text(call.Positional[testPlace]);
        return TemplateTests.Holds(test, value, [.. call.Positional.Skip(testPlace + 1)], call.Line);
    }

    /// <summary>Returns a function that reads an attribute path of an item: names and indices separated by
    /// dots.</summary>
    /// <param name="attribute">The path; null: the item itself.</param>
    private static Func<object?, object?> AttributeReader(object? attribute) =>
        attribute is null ? item => item : item => Text(attribute).Split('.').Aggregate(item, PartOf);

    private static object? PartOf(object? owner, string part)
    {
        if (owner is TemplateUndefined undefined)
        {
            throw new InputException($"the chat template says: {undefined.Complaint}");
        }

        return long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            ? TemplateMethods.At(owner, index)
            : TemplateMethods.At(owner, part);
    }
}
