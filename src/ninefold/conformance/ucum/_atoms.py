"""The codes of UCUM 2.2: prefixes, and atoms with what they measure.

Source: The Unified Code for Units of Measure, version 2.2 (2024-06-17), case-sensitive codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "Y": "yotta",
        "Z": "zetta",
        "E": "exa",
        "P": "peta",
        "T": "tera",
        "G": "giga",
        "M": "mega",
        "k": "kilo",
        "h": "hecto",
        "da": "deka",
        "d": "deci",
        "c": "centi",
        "m": "milli",
        "u": "micro",
        "n": "nano",
        "p": "pico",
        "f": "femto",
        "a": "atto",
        "z": "zepto",
        "y": "yocto",
        "Ki": "kibi",
        "Mi": "mebi",
        "Gi": "gibi",
        "Ti": "tebi",
    }
)

# What a metric declares, and what it is mistaken for, has a name; the rest need none here.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "%": "percent",
        "1": "one",
        "A": "ampere",
        "B": "bel",
        "Bd": "baud",
        "By": "byte",
        "C": "coulomb",
        "Cel": "degree Celsius",
        "F": "farad",
        "G": "gauss",
        "Gy": "gray",
        "H": "henry",
        "Hz": "hertz",
        "J": "joule",
        "K": "kelvin",
        "L": "litre",
        "N": "newton",
        "Ohm": "ohm",
        "P": "poise",
        "Pa": "pascal",
        "R": "roentgen",
        "S": "siemens",
        "T": "tesla",
        "U": "enzyme unit",
        "V": "volt",
        "W": "watt",
        "a": "year",
        "b": "barn",
        "Gb": "gilbert",
        "bit": "bit",
        "bit_s": "bit of entropy",
        "cd": "candela",
        "d": "day",
        "deg": "degree",
        "g": "gram",
        "h": "hour",
        "l": "litre",
        "m": "metre",
        "min": "minute",
        "mo": "month",
        "mol": "mole",
        "ph": "phot",
        "rad": "radian",
        "s": "second",
        "t": "tonne",
        "u": "atomic mass unit",
        "wk": "week",
    }
)

_METRIC: Mapping[str, str] = MappingProxyType(
    {
        "time": "s",
        "information": "bit By",
        "length": "m pc [ly]",
        "mass": "g t u [m_e] [m_p]",
        "temperature": "K Cel",
        "frequency": "Hz",
        "energy": "J eV erg cal cal_[15] cal_[20] cal_m cal_IT cal_th",
        "power": "W",
        "current": "A Bi",
        "voltage": "V",
        "other": (
            "rad C cd mol sr N Pa F Ohm S Wb T H lm lx Bq Gy Sv l L ar bar [c] [h] [k] [eps_0] "
            "[mu_0] [e] [G] [g] gf Ky Gal dyn P St Mx G Oe Gb sb Lmb ph Ci R RAD REM tex m[H2O] "
            "m[Hg] eq osm g% kat U [iU] [IU] Np B B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] st "
            "mho Bd"
        ),
    }
)

_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "time": "min h d wk mo mo_s mo_j mo_g a a_t a_j a_g",
        "information": "bit_s",
        "ratio": "% [ppth] [ppm] [ppb] [pptr]",
        "number": "10* 10^ [pi]",
        "length": (
            "AU Ao [in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [mil_i] [ft_us] [yd_us] [in_us] [rd_us] "
            "[ch_us] [lk_us] [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [mil_us] [in_br] [ft_br] "
            "[rd_br] [ch_br] [lk_br] [fth_br] [pc_br] [yd_br] [mi_br] [nmi_br] [lne] [pnt] [pca] "
            "[pnt_pr] [pca_pr] [pied] [pouce] [ligne] [didot] [cicero] [smoot]"
        ),
        "mass": (
            "[gr] [lb_av] [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av] [stone_av] "
            "[pwt_tr] [oz_tr] [lb_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [oz_m] [car_m]"
        ),
        "temperature": "[degF] [degR] [degRe]",
        "energy": "[Cal] [Btu_39] [Btu_59] [Btu_60] [Btu_m] [Btu_IT] [Btu_th] [Btu]",
        "power": "[HP]",
        "other": (
            "gon deg ' '' circ sph atm att [psi] [in_i'H2O] [in_i'Hg] [lbf_av] [fth_i] [kn_i] "
            "[kn_br] [sin_i] [sft_i] [syd_i] [cml_i] [acr_us] [srd_us] [smi_us] [sct] [twp] "
            "[acr_br] [cin_i] [cft_i] [cyd_i] [bf_i] [cr_i] [tbs_us] [tsp_us] [cup_us] [cup_m] "
            "[tsp_m] [tbs_m] [gal_br] [pk_br] [bu_br] [qt_br] [pt_br] [gil_br] [foz_br] [fdr_br] "
            "[min_br] [drp] [hd_i] [gal_us] [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] "
            "[min_us] [crd_us] [foz_m] [bu_us] [gal_wi] [pk_us] [dqt_us] [dpt_us] [den] [PRU] "
            "[wood'U] [diop] [p'diop] %[slope] [mesh_i] [Ch] [hnsf'U] [MET] [hp'_X] [hp'_C] "
            "[hp'_M] [hp'_Q] [hp_X] [hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [pH] [S] "
            "[HPF] [LPF] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] "
            "[dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] "
            "[EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] "
            "[ELU] [EU] b [car_Au] [m/s2/Hz^(1/2)] [NTU] [FNU]"
        ),
    }
)

METRIC: Mapping[str, str] = MappingProxyType(
    {code: quantity for quantity, codes in _METRIC.items() for code in codes.split()}
)
"""Atoms that take a prefix, and what each measures."""

PLAIN: Mapping[str, str] = MappingProxyType(
    {code: quantity for quantity, codes in _PLAIN.items() for code in codes.split()}
)
"""Atoms that take no prefix, and what each measures."""
